"""
Which language a text is in, and which of its words say nothing of what it is about: tables of words, nothing learned.

Function words ("the", "aber") are idle wherever they stand. What questions are asked with ("kostar", "il y"
    " a", "heißt")
stands in many texts besides those that answer, so it is no evidence either. Words are folded before they are compared.
"""

from __future__ import annotations

import re
from functools import cache

from rag import folding
from rag.types import Embedder

FUNCTION_WORDS = {
    "en": "a about an and are as at be been but by can could did do does for from had has have how i if in into is it"
    " its many me much my not of on or our should so some that the their them then there these they this those to"
    " was we were what when where which who whom whose why will with would you your"
    " cant couldnt didnt doesnt dont hadnt hasnt havent hows isnt shouldnt thats theres wasnt werent whats"
    " wheres whos"
    " wont",
    "de": "aber als am an auch auf aus bei bin bis das dass dem den denen der deren des dessen die dies diese diesem"
    " dieser dieses du durch ein eine einem einen einer eines er es fur hat hatte hatten haben ich ihr ihre ihren"
    " im in ist kann kein keine man mein mit nach nicht noch oder sein seine seinen seiner sich sie sind so uber"
    " um und uns unter vom von vor wann war waren warum was welche welchem welchen welcher welches wem wen wer"
    " werden wessen wie wieso wird wo woher wohin wurde wurden zu zum zur zwischen ab bist dann darf darfst"
    " dir durfen"
    " ihm ihn ihnen ist konnen kannst lang lange mehr mich mir muss musst mussen ob soll sollen sollte viel viele"
    " vielen wenn will wollen wofur womit",
    "fr": "a au aux avec ce ces cette comment dans de des du elle en est et etait il ils je l la le les leur"
    " leurs mon"
    " ne nous on ont ou par pas pour pourquoi qu quand que quel quelle quelles quels qui quoi sa se ses son sont"
    " sur un une vous y d c s n",
    "es": "a al como con cual cuales cuando cuantos de del donde el ella en era es esta este fue ha han hay la las lo"
    " los mi no o para por porque que quien se ser si sin sobre son su sus un una y yo",
    "it": "a al alla anche che chi ci come con cosa da dal dalla dei del della delle di dove e era gli ha"
    " hanno i il in"
    " io la le lo ma mi nel nella non o per perche piu quale quali quando quanti quanto si sono su sua suo un una",
    "pt": "a ao as com como da das de do dos e ela ele em era essa esse esta este eu foi ha isso mais mas me"
    " na nao nas"
    " no nos o onde os ou para pela pelo por porque quais qual quando que quem se sem ser seu sua sao um uma",
    "nl": "aan al als bij dan dat de der deze die dit door een en er had heb heeft hem het hij hoe hun ik in"
    " is je kan"
    " maar met mijn naar niet nog of om onder ook op over te tot uit van voor waar waarom wanneer was wat we welke"
    " wie wordt zijn zich zo",
    "sv": "alla att av blev bli da de dem den denna det detta dig din du efter ej eller en ett for fran han"
    " har hon hur"
    " i ingen inte jag kan med men mig min mot nar och om pa sa sig sin som till under upp vad var vart vem vi"
    " vilka vilken vid ar",
    "da": "ad af alle at blev blive bliver da de dem den der deres det dig din du efter ej eller en er et fik"
    " for fordi"
    " fra ham han hans har hende hun hvad hvem hver hvilke hvilken hvilket hvor hvordan hvorfor hvornar i ikke"
    " ind jeg"
    " jer kan man med meg mellem men mig min mod ned nar nogen noget og om op os over pa sa sadan seg selv sig"
    " sin skal"
    " som til ud under var ved vi vil hva hvis ble etter eller mot mellom noe noen oss ut opp ogsa ogsaa ikkje",
    "fi": "ei eika en ette etta han hanen he ja jo jos joka jotka ja kanssa keita ken kenen kenelle kohta koska kuin"
    " kuinka kuka kuten ketka me mika miksi milla millainen milloin missa mista mita mitka mihin mina minka"
    " minun mukaan"
    " mutta myos ne niin niita ollut oli olivat on ovat se sen seka sina siella siita sita tai tama taman te"
    " tuo vai vain"
    " olla olen onko ovatko voi voiko mille mitkaan",
    "pl": "a aby albo ale bez bo byc byl byla bylo byly ci co czy dla do dlaczego gdy gdzie go i ich ile ja jak jaka"
    " jaki jakie jest jego jej juz kiedy kim kto ktora ktore ktory lub ma mi mnie moja moje na nad nie niej"
    " nim o od on"
    " ona oni po pod przed przez przy sa sie ta tak tam te tego tej ten to tu tym u w we z za ze",
    "cs": "a aby ale ani bez by byl byla bylo byt ci co do ho i jak jaka jake jaky je jeho jeji ji jsem jsou ja k"
    " kam kde kdo kdy kolik ktera ktere ktery ma mame mezi mi mu na nad ne nebo neni o od on ona oni po pod pro proc"
    " proto pred pri s se si ta tak take tam te ten to toho tu u uz v ve vsak z za ze",
    "tr": "ama ancak bana ben beni benim bir biz bizim bu bunu cok da daha de degil dir diye en gibi hangi hem"
    " her hic"
    " icin ile ise kac kaca kacta kadar ki kim kimin mi midir mu mudur nasil ne neden nedir neler nerede"
    " nereden nereye"
    " nicin o olan olarak oldu olup onun ona sen siz sizin sonra su ve veya var yok ya zaman",
    "ru": "а без бы был была были было быть в во вот все да для до его ее если есть еще же за и из или им их к как"
    " какая какие какой каких когда кого кто куда ли мне мой мы на надо не нет но о об он она они от по под почему"
    " при с со так такое там то только у уже чем что чтобы это я где",
    "ar": "في من على إلى الى عن مع هو هي هذا هذه ذلك تلك التي الذي ما ماذا متى أين كيف لماذا كم هل من أي أن إن"
    " كان كانت"
    " لا لم قد ثم أو و كل",
}  # fmt: skip
# What else people ask with: verbs that go with any noun, politeness, "at what time". The same forms stand in texts.
ASKING = {
    "de": "gross grosse hoch weit breit tief schwer alt oft schnell spat fruh"
    " bekomme bekommt bitte brauche braucht eigentlich etwas euch euer eure finde findet geht genau gibt"
    " gilt hallo"
    " heisst hast ihren ihrem jemand jetzt kostet kosten kostete kriege kriegt liegt mache machen macht mag"
    " mal mochte"
    " mochten musste passiert sollte steht teuer unser unsere unserem unseren unserer wurden konnte konnten uhrzeit",
    "fr": "grand grande haut haute longtemps souvent"
    " ai appelle as avez avoir c combien cout coute coutent coutait devez devons dire dois doit doivent"
    " es est etre"
    " fait faire faut ils ma mes moi notre nos peut peuvent peux possible pouvez puis quelqu sommes suis ta te ton tu"
    " tout toute trouve trouver va veut veux votre vos heure passe merci bonjour svp quelle",
    "es": "costar cuesta cuestan cuanta cuantas cuanto debe debo deben dime estan estar estoy eso esto hace"
    " hacen hacer"
    " hora llama llaman me mis nos nuestra nuestro os pasa podemos puede pueden puedo quienes te tengo tenemos tiene"
    " tienen tener tu tus favor gracias hola vale valen queda quedan encuentra",
    "it": "abbiamo bisogna c chiama chiamano costa costano cosi deve devi devo dobbiamo essere fa fanno fare"
    " ho mia mie"
    " miei mio nostro nostra ora possiamo posso possono puo quanta quante serve servono stata stato ti trova trovo tu"
    " tuo vuole grazie ciao favore qual c'e esiste quest questo questa un dell nell sull",
    "pt": "chama chamam custa custam custar custou deve devem devo diz estao estou existe existem faz fazem"
    " fazer fica"
    " ficam hora horas meu meus minha minhas nossa nosso obrigado ola pode podem podemos posso precisa quanta quantas"
    " quanto quantos tem tenho temos tens ter vai vou voce favor te teu tua lhe ja la ca",
    "nl": "groot hoog lang breed diep zwaar oud ver vaak duur snel vroeg"
    " ben bent doe doen doet eigenlijk ga gaan gaat geen graag hebben hebt heet heten hoelang hoeveel"
    " iemand iets"
    " jij jullie kost kosten kostte krijg krijgen krijgt kun kunnen kunt laat laten mag me mij moest moet"
    " moeten mogen"
    " nu ons onze per sta staan staat u uw wil willen worden zal zit zitten zou zouden zullen alstublieft",
    "sv": "stor stort hog hogt lang langt bred djup tung gammal dyr dyrt ofta tidigt sent"
    " behover dar ens er era ert fa far finnas finns fick gar gor gora ha hade heter hej hos kosta"
    " kostade kostar"
    " kunde lange mangen manga maste mig mina mitt mycket nagon nagot nagra ni nu ocksa oss pris ska skall"
    " skulle snalla"
    " tack vara varfor vill vilket vilja man mot blir bara",
    "da": "stor stort hoj hojt hoy bred dyb tung gammel dyr dyrt ofte tidlig sent"
    " far fa findes finnes faa gar gor gore har havde hadde hedder heter hej hos koster kostede kostet"
    " kunne lang"
    " laenge lenge ma matte mange meget mine mit mitt mye nu pris skulle tak takk vaere vaert vores vor var ville den"
    " nar bare her dere deg din ditt jeres finnes foregar",
    "fi": "iso korkea pitka leved kallis usein"
    " kestaa kiitos kuinka kuuluu loytyy maksaa maksavat maksoi minne mistahan moneltako montako nyt"
    " olisi paljon"
    " paljonko pitaa pitaako saa saako saanko saada sijaitsee taytyy taytyyko tapahtuu voin voinko voida"
    " meidan minulla"
    " meilla kello kellonaika hinta",
    "pl": "duzy duza wysoki wysoka dlugo daleko czesto"
    " bede bedzie beda chce czemu dziekuje godzinie iloma jaka jakie jakim jakiej jestem kosztowal"
    " kosztuja kosztuje"
    " ktorej ktorego ktorym maja mam mamy moge moga moj mozna moze musi musze nasz nasza nazywa nazywaja"
    " odbywa prosze"
    " powinien sobie trzeba wolno wynosi znajduje dzieje",
    "cs": "velky velka vysoky vysoka dlouho daleko casto"
    " bude budou dekuji hodin jakou jakeho jmenuje jmenuji lze mam maji mate mohu muze muzu musi musim"
    " nachazi nas"
    " nase potrebuji prosim smi smim stoji stal kolika ktereho kterou kterem deje",
    "tr": "adi acaba edebilir gerek gerekir gerekiyor hangisi kaci lazim lutfen miyim miyiz misin musun olur"
    " oluyor olmali"
    " saat saati merhaba tesekkurler fiyati ucreti tane yapabilir yapilir yapmaliyim",
    "ru": "большой большая высокий высокая долго далеко часто"
    " будет будут вас вам зовут можно можете мой моего моя мои можем могу нам нас наш наша находится нужно"
    " подскажите пожалуйста происходит сколько скольки стоит стоят стоила стоило стоил такой такие твой у ваш ваша"
    " здравствуйте должен должна должны часу часов каком какое какого какую котором делать",
    "ar": "يمكن يمكنني هناك يوجد توجد كم تكلفة سعر يكلف تكلف أستطيع أريد لو سمحت من فضلك اسم يجب",
}  # fmt: skip
LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "sv": "Swedish", "da": "Danish or Norwegian", "fi": "Finnish", "pl": "Polish", "cs": "Czech",
    "tr": "Turkish", "ru": "Russian", "ar": "Arabic",
}  # fmt: skip
LETTERS = (  # that tell a language from its neighbours where words leave it open
    ("de", "ß"), ("fr", "œêçèùûîë"), ("es", "ñ¿¡"), ("it", "ìòèùà"), ("pt", "ãõçêâàá"), ("sv", "äåö"), ("da", "æøå"),
    ("fi", "äö"), ("de", "äöü"), ("pl", "ąęłńśźżó"), ("cs", "ěřůďťňčšžý"), ("tr", "ğşıçöü"), ("ru", "ыэё"),
)  # fmt: skip
SCRIPTS = (  # of which one character in ten is enough
    ("Japanese", re.compile("[\u3041-\u30ff]")), ("Korean", re.compile("[\u1100-\u11ff\uac00-\ud7a3]")),
    ("Chinese", re.compile("[\u3400-\u9fff]")), ("Greek", re.compile("[\u0370-\u03ff]")),
    ("Hebrew", re.compile("[\u0590-\u05ff]")), ("Thai", re.compile("[\u0e00-\u0e7f]")),
)  # fmt: skip
LETTER = 0.4  # of a word, that such a letter counts
SURE, SHARE = 2, 0.2  # function words, at least, and their share of all words, that tell a language
CLOSE = 0.7  # of the function words of the likeliest language, with which another may be meant as well


@cache
def _function_words(language: str) -> frozenset[str]:
    return frozenset(folding.fold(FUNCTION_WORDS[language]).split())


@cache
def _asking(language: str) -> frozenset[str]:
    return _function_words(language) | frozenset(folding.fold(ASKING.get(language, "")).split())


def _likeliest(text: str) -> str:
    """The language that most words of a text are asked with; of equals the first: English; "" if none is."""
    words = [word for word in _words(text) if len(word) > 1 or word in "aei"]  # no rest of "it's" or "l'eau"
    counts = {name: sum(word in _asking(name) for word in words) + 0.0 for name in FUNCTION_WORDS}
    if not text.isascii():
        for name, letters in LETTERS:
            counts[name] += LETTER * (counts[name] > 0 and any(letter in text.lower() for letter in letters))
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", folding.fold(text))


def function_words(text: str) -> frozenset[str]:
    """The function words, folded, of the language that a question is in; none if no language is known."""
    best = _likeliest(text)
    return _function_words(best) if best else frozenset()


def asking(text: str) -> frozenset[str]:
    """The same, with what else questions are asked with in that language."""
    best = _likeliest(text)
    return _asking(best) if best else frozenset()


def idle(word: str) -> bool:
    """Is a folded word a function word of any language?"""
    return any(word in _function_words(language) for language in FUNCTION_WORDS)


def languages(text: str) -> frozenset[str]:
    """
    The names of the languages that a text may be in, by its script or its function words: more than one where these do
    not tell two from each other; none where they tell nothing, as in tables.
    """
    letters = sum(character.isalpha() for character in text)
    for name, script in SCRIPTS:
        if len(script.findall(text)) > letters / 10:
            return frozenset({name})
    words = _words(text)
    counts = {name: sum(word in _asking(name) for word in words) for name in LANGUAGES}
    most = max(counts.values())
    if most < max(SURE, SHARE * len(words)):
        return frozenset()
    return frozenset(LANGUAGES[name] for name, count in counts.items() if count >= CLOSE * most)


def foreign(question: str) -> bool:
    """Is a question in another language than English, by its function words, or its letters if it has none?"""
    best = _likeliest(question)
    return best != "en" if best else not question.isascii()


def unread(question: str, embedder: Embedder | None) -> bool:
    """Is a question in a language that the embedder was not made for? Then what its words say counts more."""
    return getattr(embedder, "english", False) and foreign(question)
