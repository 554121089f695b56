"""
Numbers that a form of words tells: how many, how old, on which floor, how wide, how fast a heart beats.

    142/84   W × H × D 62 × 110 × 40 mm   3 chambres   third floor   VAT @ 20%   4.6 out of 5   Nobody was hurt

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.extract import rows as tables
from rag.extract.candidates import Candidate
from rag.extract.fields import Field, in_words
from rag.extract.figures import JSON, Figures, nouns, wanted
from rag.extract.flags import clauses, unaccented
from rag.extract.lexicon import GENERIC, bag
from rag.extract.matching import LABELLED, asks_percent, is_percent
from rag.extract.measuring import Unit, converted, unit_at, unit_end
from rag.extract.proportions import RATES, beside, repeated
from rag.extract.telling import Told
from rag.quantities import SPELLED

PULSE = re.compile(
    r"\b(?:pulse|HR|Puls|FC|pouls|pulso|heart rate|Herzfrequenz|frecuencia cardiaca)\b"
    r"[^\d\n.;,]{0,15}(?P<n>\d{2,3})(?!\d|[.,]\d)",
    re.IGNORECASE,
)
LOT = re.compile(
    r"^[#*_ \t]*(?:(?:lot|los|lote|lotto|kavel|katalognr|kat)\.?\s?(?:nr|no|n°)?\.?:?\s*(?P<n>\d{1,5})\b"
    r"|(?P<m>\d{1,5})(?:[.)]\s+(?!(?:auktion|auction|sale|vente|asta|veiling|versteigerung)\b)(?=[^\W\d])|[ \t]*$))",
    re.IGNORECASE | re.MULTILINE,
)
SINGLE = frozenset({"mass", "celsius", "power", "energy", "voltage", "torque"})  # what a text says of one thing
LETTERS = 3  # of a word of a field's name that speaks of it
UNIT_NAMES = bag("years months weeks days hours minutes year month hour min total value amount number count")
COUNT = (
    r"(?P<n>\d{1,6}(?:[.,' ]\d{3})*|"
    + "|".join(sorted(SPELLED, key=len, reverse=True))
    + r"|one|ein(?:e[rnms]?)?|une?|un[ao])"
)
NOBODY = re.compile(
    r"\b(?:nobody|no ?one|none of them|niemand|keiner|personne|nadie)\b[^.;]{0,30}?"
    r"\b(?:injured|hurt|verletzt|blessé|herido|heridas)\w*"
    r"|\bno injur\w+|\bkeine Verletzten\b|\baucun blessé\b",
    re.IGNORECASE,
)
ORDINALS = {
    word: n
    for n, words in enumerate(
        (
            "ground erdgeschoss eg parterre rez-de-chaussée rdc baja bajo",
            "first erste ersten erster erstes premier primera primer primero 1er",
            "second zweite zweiten zweiter deuxième segunda segundo",
            "third dritte dritten dritter troisième tercera tercer tercero",
            "fourth vierte vierten vierter quatrième cuarta cuarto",
            "fifth fünfte fünften fünfter cinquième quinta quinto",
            "sixth sechste sechsten sechster sixième sexta sexto",
            "seventh siebte siebten siebter septième séptima séptimo",
        )
    )
    for word in words.split()
}
STOREYS = r"(?:floor|storey|story|Stock|Stockwerk|Etage|Obergeschoss|OG|étage|planta|piso)\b"
FLOOR = re.compile(
    rf"\b(?P<word>{'|'.join(ORDINALS)}|(?P<n>\d{{1,2}})\s?(?:st|nd|rd|th|\.|er|e|ème|ª|º)?)[ -]{STOREYS}"
    r"|\b(?P<alone>Erdgeschoss|EG|Parterre|rez-de-chaussée|RDC|planta baja)\b"
    r"|\b(?:floor|Etage|Stockwerk|Stock|étage|planta)\s?:?\s(?P<behind>\d{1,2})\b(?!\s?(?:m²|qm|sq|years))",
    re.IGNORECASE,
)
PRESSURE = re.compile(
    r"\b(?:BP|RR|TA|PA|T\.A\.|blood pressure|Blutdruck|tension(?: artérielle)?|presión(?: arterial)?)\b[^\d\n.;]{0,25}?"
    r"(?P<high>\d{2,3})\s?(?:/|über|over|sur|zu)\s?(?P<low>\d{2,3})(?!\d)",
    re.IGNORECASE,
)
HIGH, LOW = (
    bag("systolic sys systolisch systolique sistólica sistolica"),
    bag("diastolic dia diastolisch diastolique diastólica diastolica"),
)
AGE = re.compile(
    r"[A-ZÀ-Þ][\w.'’)-]+,\s(?P<c>\d{1,3})(?=,)|(?<=\)),\s(?P<e>\d{1,3})(?=,)"
    r"|\b(?:aged|[Aa]lter:?|[Aa]lter von|[Ââ]ge:?|âge de|âgée? de|[Ee]dad:?|edad de|dead at|died at|turns|Age:?)"
    r"\s(?P<a>\d{1,3})\b(?!\s?(?:to|-|–)\s?\d)"
    r"|(?<![\w.,/€$£-])(?P<b>\d{1,3})(?:\s?(?:years?|yrs?)[- ](?:old|of age)|-year-old|\s?y/?o\b|y\b|\sJahre alt"
    r"|-[Jj]ährig\w*|\sans\b(?! d)|\saños\b(?! de))"
    r"|[A-ZÀ-Þ][\w.'’-]+ \((?P<d>\d{1,3})\)|\bthe age of (?P<f>\d{1,3})\b"
)
LEAST = bag("min minimum from")
LEAST_AGE = re.compile(
    r"\b(?:from|over|minimum age:?|min\. age:?|ages?|aged|ab|mindestens|à partir de|dès|desde los|a partir de(?: los)?"
    r"|mayores de)\s(?P<a>\d{1,2})(?:\s?(?:years?|Jahre?n?|ans|años)\b|\+|\sand (?:over|up|older))"
    r"|(?<!\d)(?P<b>\d{1,2})\+(?!\d)",
    re.IGNORECASE,
)
RATING = re.compile(
    r"(?P<a>\d(?:[.,]\d{1,2})?)\s?(?:/\s?|out of |von |sur |de |su )(?:5|10)(?![\d/,.]\d|\d)"
    r"|[★☆]{2,}\s?(?P<b>\d(?:[.,]\d)?)"
    r"|(?P<c>\d[.,]\d)\s?(?:stars?|Sternen?|étoiles|estrellas|★)"
)
YEARED = bag("year first registration registered built model manufacture of construction")
REGISTERED = re.compile(
    r"\b(?:EZ|Erstzulassung|Baujahr|Bj\.|first registered|first registration|registered|immatricolazione"
    r"|immatricolat[ao]|immatriculée?"
    r"|(?:date de )?(?:1[eè]re |première )?mise en circulation|matriculaci[oó]n|matriculado|bouwjaar"
    r"|built)\b\W{0,4}(?:(?:in|on|en|am|el|le|de|nel)\s)?"
    r"(?:(?:\d{1,2}[./ ]){0,2}|[^\W\d_]{3,10}\.?\s(?:de\s)?)(?P<year>(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
ACQUIRED = bag("acquisition acquired accession purchase erwerb")
OBTAINED = re.compile(
    r"\b(?:bequ\w+|given|gift|donated|presented|purchas\w+|bought|acquired|acquisition|achat|acquis\w*|don|legs"
    r"|schenking|aankoop|verwerving|ankauf|erworben"
    r"|geschenk|schenkung|vermächtnis|deposito|acquisto|dono|compra|donación"
    r"|adquirid\w+)\b[^\n;]{0,60}?(?<![\d/.-])(?P<year>1[6-9]\d\d|20\d\d)(?![\d/.-]*\d)",
    re.IGNORECASE,
)
STARRED, OUT_OF = bag("rating stars bewertung puntuación valutazione note"), bag("max maximum scale out best possible")
OF_ALL = re.compile(
    r"(?<![\d/.,])\d{1,2}(?:[.,]\d)?\s?(?:/\s?|out of |von |sur |de |su |van (?:de )?)"
    r"(?P<of>5|10|20|100)(?![\d/]|[.,]\d)"
)
HURT = bag("injured hurt injuries injury verletzte blessés heridos")
HOURS, WEEKS = bag("hours heures stunden horas wochenstunden"), bag("weekly week wochenstunden semaine semanales")
WEEKLY = re.compile(
    r"(?<![\w.,])(?P<n>\d{1,2}(?:[.,]\d{1,2})?)[ -]?(?:h|hours?|hrs?|Std\.?|Stunden|heures|horas)\s?"
    r"(?:/|(?:a|per|each|pro|je|par|in der|la|por|die|al?)\s)\s?(?:week|Woche|semaine|semana|wk)"
    r"|(?<=\s)(?P<m>\d{1,2})-hour week",
    re.IGNORECASE,
)
AXES = {"w": "width", "b": "width", "h": "height", "d": "depth", "t": "depth", "p": "depth", "l": "length"}
HEADS = re.compile(r"(?<!\w)(?P<heads>[A-Z](?:\s?[x×*/]\s?[A-Z]){1,2})(?!\w)", re.IGNORECASE)
SIZES = re.compile(
    r"(?P<a>\d+(?:[.,]\d+)?)\s?(?:mm|cm|m)?\s?[x×*]\s?(?P<b>\d+(?:[.,]\d+)?)\s?(?:mm|cm"
    r"|m)?(?:\s?[x×*]\s?(?P<c>\d+(?:[.,]\d+)?))?\s?(?P<unit>mm|cm|m|in|ft)?\b"
)
SIDES = {
    "width": r"wide|breit|de large|de largeur|de ancho|large\b",
    "height": r"high|tall|hoch|de haut(?:eur)?|de alto|haut\b",
    "depth": r"deep|tief|de profondeur|de fondo",
    "length": r"long|lang|de long(?:ueur)?|de largo",
}
LED = {  # what stands before a size: "H. 84 cm ; L. 129 cm ; P. 61 cm", "hoogte 27,5 cm"
    "height": r"(?-i:H\.?)|height|höhe|hauteur|haut\.?|alt(?:o|ura|ezza)?\.?|hoogte",
    "width": r"(?-i:[LWB]\.?)|width|breite|largeur|larg\.?|ancho|anchura|larghezza|breedte",
    "depth": r"(?-i:[PDT]\.?)|depth|tiefe|profondeur|prof\.?|fondo|profundidad|profondità|diepte",
    "length": r"(?-i:L\.?)|length|länge|longueur|long\.?|largo|longitud|lunghezza|lengte",
}
LEADING = {
    name: re.compile(rf"(?<![\w.])(?:{said})\s?:?\s?(?P<n>\d+(?:[.,]\d+)?)\s?(?P<unit>mm|cm|m|in|ft)\b", re.I)
    for name, said in LED.items()
}
HUNG = ("height", "width", "depth")
ART = re.compile(
    r"\b(?:canvas|on panel|on paper|oil on|watercolou?r|bronze|pine|oak|marble|terracotta|porcelain|carv\w+|museum"
    r"|huile sur|toile|bois|Öl auf|Leinwand"
    r"|Holz|olio su|tela|óleo|lienzo|retablo|tabla|acuarela|temple|tempera|acrylic|aquarelle|aquarell|grabado"
    r"|gravure|olieverf|doek|gouache|engraving|etching|sculpture)\b",
    re.IGNORECASE,
)
SIDE = {
    name: re.compile(
        rf"(?<![\d.,])(?P<n>\d{{1,9}}(?:[.,]\d{{1,9}})?)\s?(?P<unit>mm|cm|m|km|in|inches|ft|feet)\s(?:{said})\b", re.I
    )
    for name, said in SIDES.items()
}


class Forms(Figures):
    """The numbers of a text, and what its forms of words tell of them."""

    def told(self, field: Field) -> Told | None:
        """What a form of words tells of a field."""
        name = set(in_words(field.key[1]).split())
        if field.kind != "number":
            return None
        if name & HIGH or name & LOW:
            match = PRESSURE.search(self.text)
            group = "high" if name & HIGH else "low"
            return Told(int(match[group]), *match.span(group), "label") if match else None
        for way in (
            self._lot,
            self._beating,
            self._registered,
            self._rate,
            self._counted,
            self._storey,
            self._aged,
            self._rated,
            self._sized,
            self._weekly,
            self._only,
        ):
            if found := way(field, name):
                return found
        return None

    def _beating(self, field: Field, name: set[str]) -> Told | None:
        match = PULSE.search(self.text) if "pulse" in field.units else None
        return Told(int(match["n"]), *match.span("n"), "label") if match else None

    def _lot(self, field: Field, name: set[str]) -> Told | None:
        """The number before what is sold: "Lot 143", "## 62. A chronograph", a line that is only a number."""
        match = LOT.search(self.text) if "auction_lot" in field.units else None
        group = "n" if match and match["n"] else "m"
        return Told(int(match[group]), *match.span(group), "label") if match else None

    def _registered(self, field: Field, name: set[str]) -> Told | None:
        """The year in which something was first registered or built, not that of its next inspection."""
        if "year" not in name or not name <= YEARED | ACQUIRED:
            return None
        match = (OBTAINED if name & ACQUIRED else REGISTERED).search(self.text)
        return Told(int(match["year"]), *match.span("year"), "label") if match else None

    def _only(self, field: Field, name: set[str]) -> Told | None:
        """The only number in a unit that can be meant: of a weight, or beside a word of the field's name."""
        unit = wanted(field)
        if unit is None or unit.is_money or unit.family == "percent":
            return None
        if name & {"min", "max", "minimum", "maximum"} and "minute" not in field.units:
            return None
        found = [
            figure
            for one in self.numbers
            if (own := self._of[one]) and own.family == unit.family and not repeated(self.text, one.start)
            for figure in [self._figure(field, one)]
            if figure and not self.matches.elsewhere(field.key, one, max(LABELLED, self.matches.of(field.key, one)))
        ]
        words = [unaccented(word)[:6] for word in name if len(word) > LETTERS and word not in UNIT_NAMES]
        beside = [figure for figure in found if any(word in self._clause(figure.one) for word in words)]
        among = beside or (found if unit.family in SINGLE else [])
        if len({figure.value for figure in among}) != 1:
            return None
        best, own = among[0], self._of[among[0].one]
        if (
            own is None or not 1 <= 1000 * own.size / unit.size <= 1_000_000
        ):  # a dose of 600 mg is nobody's weight in kg
            return None
        return Told(best.value, best.one.start, self._end(best.one), "sentence", best.converted)

    def _clause(self, one: Candidate) -> str:
        return unaccented(next((self.text[a:b] for a, b in clauses(self.text) if a <= one.start < b), "")).casefold()

    def _end(self, one: Candidate) -> int:
        return unit_end(self.text, self._digits(one)[1])

    def _rate(self, field: Field, name: set[str]) -> Told | None:
        """So many of a hundred, beside the word for it: "VAT @ 20%"."""
        asked = field.units & RATES or field.units - GENERIC - {"percent", "rate"}
        if not asks_percent(field) or not asked:
            return None
        for one in self.numbers:
            if is_percent(self.text, one):
                value = tables.amount(one.text.rstrip("%"), whole=field.whole, comma=self.comma)
                said = beside(self.text, one)
                if value is not None and (said & asked if field.units & RATES else asked <= said):
                    return Told(value, one.start, one.end, "label")
        return None

    def _counted(self, field: Field, name: set[str]) -> Told | None:
        """A number before the noun that is asked for: "3 chambres"."""
        for noun in (noun for words, noun in nouns() if name & words):
            if name & HURT and (none := NOBODY.search(self.text)):
                return Told(0, *none.span(), "sentence")
            for counted in re.finditer(rf"(?<![\w.,/-]){COUNT}{noun}", self.text, re.IGNORECASE):
                value = self._number(counted["n"], field)
                if value is not None:
                    return Told(value, counted.start("n"), counted.end(), "sentence")
            half = re.search(rf"(?<![\w.,/-])(?P<n>\d[.,]5){noun}", self.text) if not field.whole else None
            if half:
                return Told(float(half["n"].replace(",", ".")), *half.span(), "sentence")
        return None

    def _number(self, said: str, field: Field) -> JSON | None:
        word = said.lower()
        if word in SPELLED:
            return int(SPELLED[word])
        if not word[0].isdigit():
            return 1
        return tables.amount(said, whole=True, comma=self.comma)

    def _storey(self, field: Field, name: set[str]) -> Told | None:
        if (
            not name & {"floor", "storey", "etage", "stock", "stockwerk", "étage", "planta"}
            or len(name) > 2
            or name & {"area", "m2"}
        ):
            return None
        for match in FLOOR.finditer(self.text):
            said = match["n"] or match["behind"]
            number = int(said) if said else ORDINALS.get((match["word"] or "ground").lower(), 0)
            return Told(number, *match.span(), "sentence")
        return None

    def _aged(self, field: Field, name: set[str]) -> Told | None:
        if not name & {"age", "alter", "âge", "edad"} or len(name) > 2 or not (len(name) == 1 or name & LEAST):
            return None
        for match in (LEAST_AGE if name & LEAST else AGE).finditer(self.text):
            group = next(group for group, said in match.groupdict().items() if said)
            if 0 < int(match[group]) < 120:
                return Told(int(match[group]), *match.span(group), "sentence")
        return None

    def _rated(self, field: Field, name: set[str]) -> Told | None:
        if not name & STARRED or name & {"count", "number", "ratings", "half", "time"}:
            return None
        if name & OUT_OF and (of := OF_ALL.search(self.text)):
            return Told(int(of["of"]), *of.span("of"), "label")
        match = RATING.search(self.text) if not name & OUT_OF else None
        if match is None:
            return None
        group = next(name for name, said in match.groupdict().items() if said)
        value = float(match[group].replace(",", "."))
        return Told(int(value) if value.is_integer() else value, *match.span(group), "label")

    def _sized(self, field: Field, name: set[str]) -> Told | None:
        """One of several sizes by their heads, "W × H × D", or by the word behind it, "70 mm wide"."""
        unit_asked = wanted(field)
        side = next((side for side in SIDES if side in field.units or side in name), "")
        if not side or unit_asked is None or unit_asked.family not in ("length", "length, imperial"):
            return None
        for value, unit, start, end in [*self._behind(side), *self._headed(side), *self._led(side), *self._hung(side)]:
            said = converted(value, unit, unit_asked)
            if said is not None and not (field.whole and isinstance(said, float)):
                return Told(said, start, end, "label", said != value)
        others = any(way.search(self.text) for name, way in LEADING.items() if name != side)
        return Told(None, -1, -1, "label") if others and field.nullable else None  # "alt. 18,2 cm" says no width

    def _weekly(self, field: Field, name: set[str]) -> Told | None:
        if not HOURS & name or not WEEKS & name:
            return None
        match = WEEKLY.search(self.text)
        value = tables.amount(match["n"] or match["m"], whole=field.whole, comma=self.comma) if match else None
        return Told(value, *match.span(), "sentence") if match and value is not None else None

    def _behind(self, side: str) -> Iterator[tuple[JSON, Unit, int, int]]:
        for match in SIDE[side].finditer(self.text):
            unit = unit_at(self.text, *match.span("n"))
            value = tables.amount(match["n"], whole=False, comma=self.comma)
            if unit and value is not None:
                yield value, unit, match.start("n"), match.end("unit")

    def _led(self, side: str) -> Iterator[tuple[JSON, Unit, int, int]]:
        for match in LEADING[side].finditer(self.text):
            unit = unit_at(self.text, *match.span("n"))
            value = tables.amount(match["n"], whole=False, comma=self.comma)
            if unit and value is not None:
                yield value, unit, match.start("n"), match.end("unit")

    def _hung(self, side: str) -> Iterator[tuple[JSON, Unit, int, int]]:
        """Of a work of art the height stands first: "oil on canvas, 61.5 x 92 cm"."""
        match = SIZES.search(self.text) if ART.search(self.text) and not HEADS.search(self.text) else None
        group = "abc"[HUNG.index(side)] if side in HUNG else ""
        last = re.search(r"(?:mm|cm|m|in|ft)\Z", match[0]) if match else None
        if match is None or last is None or not group or match[group] is None:
            return
        unit = unit_at(self.text, match.start("a"), match.start() + last.start())
        value = tables.amount(match[group], whole=False, comma=self.comma)
        if unit and value is not None:
            yield value, unit, match.start(group), match.end()

    def _headed(self, side: str) -> Iterator[tuple[JSON, Unit, int, int]]:
        for heads in HEADS.finditer(self.text):
            letters = re.split(r"\s?[x×*/]\s?", heads["heads"])
            known = [_axis(letter, letters) for letter in letters]
            sizes = SIZES.search(self.text, heads.end(), heads.end() + 60)
            if sizes is None or not sizes["unit"] or side not in known[:3]:
                continue
            group = "abc"[known.index(side)]
            unit = unit_at(self.text, sizes.start("a"), sizes.start("unit"))
            value = tables.amount(sizes[group] or "", whole=False, comma=self.comma)
            if unit and value is not None:
                yield value, unit, sizes.start(group), sizes.end()


def _axis(letter: str, letters: Sequence[str]) -> str:
    """What a letter over a size stands for; of "L x H x P" the first is the width, of "L x l x H" the second."""
    low = [one.lower() for one in letters]
    if letter == "l" and "L" in letters:
        return "width"
    if letter.lower() == "l" and "p" in low and "w" not in low and "l" not in letters:
        return "width"
    return AXES.get(letter.lower(), "")


__all__ = ["Forms"]
