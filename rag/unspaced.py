"""
What a question in Chinese, Japanese or Korean is about: its grammar left out, by tables of how people ask.

In these scripts a question is one run of characters, or words with their particles on them: "家賃はいくらですか"
asks about 家賃. Kanji and katakana say what it is about, hiragana how it is asked, but for words that are written in it
(ごみ).
"""

from __future__ import annotations

import re
from functools import cache

HIRAGANA = re.compile("[\u3041-\u309f]")
KANA = re.compile("[\u3041-\u309f\u30a1-\u30ff]")
HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7ff]")
EAST = re.compile("[\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+")


@cache
def _any(words: str) -> re.Pattern[str]:
    """Any of these, the longest first; made when it is needed."""
    return re.compile("|".join(sorted(map(re.escape, words.split()), key=len, reverse=True)))


JAPANESE = (
    "何時から 何時まで 何時 何曜日 何日 何人 何回 何個 何歳 何番 何年 何月 何枚 何円 何分 何 教えて 誰 幾ら"
    " 下さい 欲しい 方法 場合 時 "
    "ください くださる でしょうか でしょう ですか です だろうか だった だと ますか ました ません ましょう"
    " ませんか ましたか ます "
    "とき こと もの ため には では とは のは のが のを から まで より だけ など って という について による"
    " として くらい ぐらい どのくらい "
    "いくら いくつ いつ どこ だれ どれ どの どう どうやって どうすれば どうしたら どうなる どんな どちら"
    " どなた なに なん なぜ いかが "
    "いい よい いけない いけません ならない なりません いる いて います いません ある あって あります"
    " ありますか ありません あった "
    "する します しますか して した しても しない したい すれば される できる できます できますか できない"
    " できません "
    "なる なります なって なった もらえる もらえます もらう くれる しまった しまう られる られます られない"
    " られた れる れば "
    "ても たら たい たくない ない なければ なくては てもいい てもよい だめ ほしい おしえて やってる やって"
    " やる ています てる "
    "お願い おねがい この その あの ここ そこ これ それ あれ わたし 私 うち ちょっと 一番"
)
PARTICLES = frozenset("はがをにでともへやのかねよなだてばしも")
COUNTED = PARTICLES | frozenset("年月日時分秒人個回番号歳才円階冊枚台班元號点點天次位名월일시분원층호명개번살년")
CHINESE = (
    "什麼時候 什么时候 什麼時間 什么时间 甚麼時候 什麼 什么 甚麼 為什麼 为什么 為何 为何 多少錢 多少钱 多少"
    " 幾點 几点 幾號 几号 哪一天 "
    "哪天 哪裡 哪里 哪裏 哪兒 哪儿 哪個 哪个 哪些 在哪 是誰 是谁 誰 谁 怎麼辦 怎么办 怎麼樣 怎么样 怎麼 怎么"
    " 怎樣 怎样 如何 請問 请问 "
    "可不可以 可以 能不能 能否 是不是 是否 有沒有 有没有 要不要 需不需要 需要 應該 应该 多久 多長時間 多长时间"
    " 多大 星期幾 星期几 週幾 周几 "
    "禮拜幾 禮拜几 幾天 几天 幾個 几个 幾次 几次 幾月 几月 幾歲 几岁 最多 最少 至少 一共 總共 总共 的時候"
    " 的时候 的 了 嗎 吗 呢 吧 是 "
    "我要 我想 我們 我们 你們 你们 這個 这个 那個 那个 哪 幾 几 叫什麼名字 叫什么名字 名字 我的 告訴我 告诉我"
    " 這 这 那 到底 "
    "怎麼算 怎么算 有 要 在 我 你 嘛"
)
KOREAN_WORDS = """
언제 어디 어디서 어디에 누구 누가 뭐 무엇 무슨 몇 몇시 얼마 얼마나 어떻게 왜 어느
어떤 있나요 있어요 있습니까 있는지 없나요 되나요 돼요 되요 됩니까 되세요 하나요 해요
합니까 인가요 입니까 해야 하면 할 수 때 좀 그 이 저 저희 우리 내 제 것 건 알려
알려줘 알려주세요 주세요 까지 부터 시 및 또는 한 내야 가능한가요 가능해요 싶어요 싶은데
도 예요 이에요 되면 하려면 버리려면 뭐예요 얼마예요 얼마인가요 언제예요 누구예요
누구입니까 무엇인가요 어디예요 어디인가요 언제인가요 몇시에 몇시까지 언제까지 언제부터
언제요 하루 며칠
"""
KOREAN = frozenset(KOREAN_WORDS.split())
ENDINGS = re.compile(
    "(?:입니까|인가요|이에요|예요|이야|습니까|ㅂ니까|나요|까요|어요|아요|해요|돼요|되나요|하나요|려면|으려면|하면|해야|할|에서는|에서|에는|에게|까지|부터"
    "|으로|이나|처럼|보다|라고|이란|은|는|이|가|을|를|에|의|로|와|과|도|만|요)$"
)


def without(text: str) -> str:
    """The text without its runs of these scripts."""
    return text if text.isascii() else EAST.sub(" ", text)


def about(text: str) -> list[str]:
    """The runs of a folded text in these scripts that say what it is about; all of them if none is left."""
    runs = [] if text.isascii() else [run[0] for run in EAST.finditer(text)]
    if any(KANA.search(run) for run in runs):
        found = [part for run in EAST.finditer(text) for part in _japanese(_bare(run))]
    elif any(HANGUL.search(run) for run in runs):
        found = [part for run in EAST.finditer(text) for part in _korean(_bare(run))]
    else:
        found = [part for run in EAST.finditer(text) for part in _any(CHINESE).sub(" ", _bare(run)).split()]
    return list(dict.fromkeys(found)) or runs


def _bare(run: re.Match[str]) -> str:
    """A run without the particle of what is written in other letters before it, or what it counts: "DVDを","
    " "17日"."""
    before = run.string[: run.start()][-1:]
    told = COUNTED if before.isdecimal() else PARTICLES if before.isalnum() else frozenset()
    return run[0].lstrip("".join(told)) if told else run[0]


def _japanese(run: str) -> list[str]:
    """Kanji and katakana as they stand together; hiragana that is no particle, nor the ending of a word in kanji."""
    found = []
    for part in _any(JAPANESE).sub(" ", run).split():
        pieces = re.findall("[\u3041-\u309f]+|[^\u3041-\u309f]+", part)
        for at, piece in enumerate(pieces):
            if not HIRAGANA.match(piece):
                found.append(piece)
                continue
            word = piece
            while len(word) > 1 and word[-1] in PARTICLES and (at + 1 < len(pieces) or len(word) > 2):
                word = word[:-1]
            if at and len(pieces[at - 1]) == 1:  # after one kanji: an ending, or one and a word
                word = word[-2:] if len(word) > 3 else ""
            if len(word) > 1:
                found.append(word)
    return found


def _korean(run: str) -> list[str]:
    word = run
    while word not in KOREAN and len(word) > 1 and (stem := ENDINGS.sub("", word)) != word and stem:
        word = stem
    return [] if word in KOREAN else [word]
