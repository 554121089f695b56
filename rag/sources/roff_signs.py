"""The signs that roff has names for (groff_char(7), mandoc_char(7)), and what is put above or below a letter."""

from __future__ import annotations

PAIRS = r"""
    oq ‘
    != ≠ %0 ‰ ** ∗ *A Α *B Β *C Ξ *D Δ *E Ε *F Φ *G Γ *H Θ *I Ι *K Κ *L Λ *M Μ *N Ν *O Ο *P Π *Q Ψ *R Ρ *S Σ *T Τ *U Υ
    *W Ω *X Χ *Y Η *Z Ζ *a α *b β *c ξ *d δ *e ε *f ϕ *g γ *h θ *i ι *k κ *l λ *m μ *n ν *o ο *p π *q ψ *r ρ *s σ *t τ
    *u υ *w ω *x χ *y η *z ζ +- ± +e ϵ +f φ +h ϑ +p ϖ -+ ∓ -> → -D Ð -h ℏ .i ı .j ȷ /L Ł /O Ø /_ ∠ /l ł /o ø 12 ½ 14 ¼
    18 ⅛ 34 ¾ 38 ⅜ 3d ∴ 58 ⅝ 78 ⅞ <- ← << ≪ <= ≤ <> ↔ == ≡ =~ ≅ >= ≥ >> ≫ AE Æ AN ∧ Ah ℵ Bq „ CL ♣ CR ↵ Cs ¤ DI ♦ Do $
    Eu € Fc » Fi ffi Fl ffl Fn ƒ Fo « HE ♥ IJ Ĳ Im ℑ OE Œ OK ✓ OR ∨ Of ª Om º Po £ Re ℜ S1 ¹ S2 ² S3 ³ SP ♠ Sd ð TP Þ
    Tp þ Ye ¥ a" ˝ a- ¯ a. ˙ a^ ^ aa ´ ab ˘ ac ¸ ad ¨ ae æ ah ˇ an ⎯ ao ˚ ap ∼ aq ' at @ a~ ~ ba | bb ¦ bq ‚ br |
    braceex ⎪ bu • bv | c* ⊗ c+ ⊕ ca ∩ ci ○ co © cq ’ ct ¢ cu ∪ dA ⇓ da ↓ dd ‡ de ° dg † di ÷ dq " em — en – eq = es ∅
    eu € f/ ⁄ fa ∀ fc › ff ff fi fi fl fl fm ′ fo ‹ ga ` gr ∇ hA ⇔ ha ^ hbar ℏ ho ˛ hy - ib ⊆ if ∞ ij ĳ integral ∫ ip
    ⊇ is ∫ lA ⇐ lB [ lC { la ⟨ lb ⎩ lc ⌈ lf ⌊ lh ☜ lk ⎨ lq “ lt ⎧ lz ◊ mc µ md ⋅ mi − mo ∈ mu × nb ⊄ nc ⊅ ne ≢ nm ∉ no
    ¬ oe œ or | pc · pd ∂ pl + pp ⊥ product ∏ ps ¶ pt ∝ r! ¡ r? ¿ rA ⇒ rB ] rC } ra ⟩ rb ⎭ rc ⌉ rf ⌋ rg ® rh ☞ rk ⎬ rn
    ‾ rq ” rs \ rt ⎫ ru _ sb ⊂ sc § sd ″ sh # sl / sp ⊃ sq □ sqrt √ sr √ ss ß st ∋ sum ∑ t+- ± tdi ÷ te ∃ tf ∴ ti ~ tm
    ™ tmu × tno ¬ ts ς ua ↑ ul _ vA ⇕ vS Š vZ Ž va ↕ vs š vz ž wp ℘ |= ≃ ~= ≈ ~~ ≈
""".split()  # noqa: SIM905
SIGNS = dict(zip(PAIRS[::2], PAIRS[1::2], strict=True))
ACCENTS = {"'": "\u0301", "`": "\u0300", ":": "\u0308", "^": "\u0302", "~": "\u0303", ",": "\u0327", "o": "\u030a"}


def sign(name: str) -> str:
    """The sign of a name: "bu", "u2022", "'e"; "" if there is none."""
    if name in SIGNS:
        return SIGNS[name]
    if name[:1] == "u" and 5 <= len(name) <= 7:
        return character(name[1:], 16)
    if name.startswith("char"):
        return character(name[4:], 10)
    if len(name) == 2 and name[0] in ACCENTS and name[1].isalpha():
        from unicodedata import normalize

        letter = normalize("NFC", name[1] + ACCENTS[name[0]])
        return letter if len(letter) == 1 else ""
    return ""


def character(number: str, base: int) -> str:
    """The character of a number; "" for what is none, or not seen."""
    try:
        found = int(number, base)
    except ValueError:
        return ""
    return chr(found) if 31 < found < 0x110000 and not 0xD800 <= found < 0xE000 else ""
