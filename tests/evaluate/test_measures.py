"""The measures against independent oracles: ir_measures for rankings, brute force for spans, theory for statistics."""

import math
import random
import re

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.measures import answers, extraction, parse, ranked, spans
from rag.measures.statistics import compare, holm, intervals, needed, quantile_interval, verdict

NAMES = ["nDCG@10", "nDCG@1", "nDCG", "R@5", "R@100", "R(rel=2)@3", "P@5", "P(rel=2)@1", "RR"]
NAMES += [
    "RR@3",
    "RR(rel=2)",
    "AP",
    "AP@3",
    "AP(rel=2)",
    "Success@1",
    "Success(rel=2)@5",
    "Rprec",
    "MRR",
    "MAP@100",
    "MRR@10",
]
documents = st.sampled_from(["d1", "d2", "d10", "é", "Z", "z", "doc:7", "D"])
queries = st.sampled_from(["q1", "q2", "q3"])
grades = st.dictionaries(queries, st.dictionaries(documents, st.integers(0, 3), min_size=1), min_size=1)
scores = st.sampled_from([0.0, 0.25, 0.5, 0.5 + 1e-9, 1.0, -1.0, 3e7, 3e7 + 1])  # many ties, some only as 32-bit floats
runs = st.dictionaries(queries, st.dictionaries(documents, scores, min_size=1))


@given(grades, runs)
@settings(max_examples=100, deadline=None)
def test_ranking_measures_are_those_of_ir_measures(qrels, run):
    """
    Ties, grades, queries without a result and queries without judgements included.

    RR with a cutoff comes from another provider of ir_measures, which breaks ties differently from its RR without one:
    it is given the list after trec_eval's ties.
    """
    theirs = {name: ir_measures.parse_measure(name) for name in NAMES}
    qrel_rows = [ir_measures.Qrel(q, d, g) for q, judged in qrels.items() for d, g in judged.items()]
    rows = [ir_measures.ScoredDoc(q, d, s) for q, found in run.items() for d, s in found.items()]
    untied = [ir_measures.ScoredDoc(q, d, -i) for q, found in run.items() for i, d in enumerate(ranked(found))]
    expected = {}
    for measure in theirs.values():
        chosen = untied if str(measure).startswith("RR") and "@" in str(measure) else rows
        expected |= {(m.query_id, m.measure): m.value for m in measure.iter_calc(qrel_rows, chosen)}
    for query, judged in qrels.items():
        found = ranked(run.get(query, {}))
        for name, their in theirs.items():
            assert parse(name)(found, judged) == pytest.approx(expected.get((query, their), 0.0), abs=1e-9), (
                query,
                name,
            )


def test_exponential_gains_by_hand():
    """ir_measures leaves these to a Perl script that rounds; the sum is short enough to write out."""
    value = parse("nDCG(dcg='exp-log2')@3")(["a", "x", "b", "c"], {"a": 1, "b": 3, "c": 2})
    assert value == pytest.approx((1 + 7 / 2) / (7 + 3 / math.log2(3) + 1 / 2))


@pytest.mark.parametrize("name", [*NAMES, "nDCG(dcg='exp-log2')@5"])
def test_a_measure_prints_what_it_parses(name):
    assert str(parse(name)) == str(ir_measures.parse_measure(name))
    assert parse(str(parse(name))) == parse(name)


@pytest.mark.parametrize(
    "name", ["", "nDGC@10", "R", "P", "nDCG@0", "R@-1", "nDCG@ten", "R(rel=0)@5", "AP(cutoff=3)", "nDCG@10x"]
)
def test_a_measure_that_does_not_exist_is_an_error(name):
    with pytest.raises(InputError):
        parse(name)


ranges = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(0, 12)), max_size=6)


@given(ranges, ranges)
def test_spans_count_characters(found, gold):
    def characters(some):
        return {(document, i) for document, start, end in some for i in range(start, end)}

    f, g = characters(found), characters(gold)
    assert spans.overlap(found, gold) == len(f & g)
    assert spans.length(found) == len(f)
    assert spans.recall(found, gold) == pytest.approx(len(f & g) / len(g) if g else 0)
    assert spans.precision(found, gold) == pytest.approx(len(f & g) / len(f) if f else 0)
    assert spans.iou(found, gold) == pytest.approx(len(f & g) / len(f | g) if f | g else 0)


@pytest.mark.parametrize(
    ("answer", "golds", "em", "f1"),
    [
        ("The Eiffel Tower!", ["Eiffel tower"], 1, 1),
        ("in 1912", ["1912", "the year 1912"], 0, 2 / 3),
        ("a cat", ["dog"], 0, 0),
        ("", [], 1, 1),
        ("something", [], 0, 0),
        ("", ["dog"], 0, 0),
        ("the", ["an"], 1, 1),
        ("x x y", ["x y y"], 0, 2 / 3),
        ("U.S.A.", ["usa"], 1, 1),
    ],
)
def test_answers_are_compared_as_squad_does(answer, golds, em, f1):
    assert answers.exact_match(answer, golds) == em
    assert answers.token_f1(answer, golds) == pytest.approx(f1)


def test_an_answer_in_a_citation_is_a_whole_word():
    assert answers.answer_in_citation(["It was built by the Romans."], ["romans"]) == 1
    assert answers.answer_in_citation(["A party in Paris"], ["art"]) == 0
    assert answers.answer_in_citation([], ["art"]) == 0
    assert answers.answer_in_citation(["the"], ["The"]) == 0  # nothing is left of it


def test_citations_against_passages_and_sentences():
    assert answers.citation_precision(["a", "b", "a"], ["a"]) == (2, 3)
    assert answers.citation_recall(["a", "b"], ["a", "c"]) == (1, 2)
    text = "One fish. Two fish.  Red\nfish. Blue fish."
    gold = answers.find_sentences(text, ["Two fish.", "Red fish.", "Not there."], "d")
    assert [text[start:end] for _, start, end in gold] == ["Two fish.", "Red\nfish."]
    assert answers.quote_precision([("d", 0, 9), ("d", 10, 19)], gold) == (1, 2)
    assert answers.quote_recall([("d", 0, 9), ("d", 10, 19)], gold) == (1, 2)
    assert answers.quote_recall([("e", 10, 19)], gold) == (0, 2)
    assert answers.verbatim([("Two fish.", 10, 19), ("two fish.", 10, 19), ("Two", 11, 14)], text) == (1, 3)


def test_abstention_shares_of_a_whole_set():
    cases = [(True, True), (True, False), (False, True), (False, False), (True, True)]
    sums: dict[str, tuple[float, float]] = {}
    for abstained, unanswerable in cases:
        for name, (part, whole) in answers.abstention(abstained, unanswerable).items():
            old = sums.get(name, (0, 0))
            sums[name] = (old[0] + part, old[1] + whole)
    assert sums == {"AbstainP": (2, 3), "AbstainR": (2, 3), "Hallucination": (1, 3), "ErrorRate": (1, 2)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,200", 1200),
        ("3.50", 3.5),
        (3.0, "3"),
        (".5", "0.5"),
        (".5", 0.5),
        ("1,200.50", "1200.50"),
        ("−5", -5),
        ("-5", "−5"),
        ("1990–1995", "1990-1995"),
        ("O’Neil", "O'Neil"),
        (12345678901234567890, "12345678901234567890"),
        ("５ mg", "5 mg"),
        ("3 March 2024", "2024-03-03"),
        ("March 3rd, 2024", "2024/3/3"),
        ("Sept. 9, 2001", "9 September 2001"),
        ("  Café\n du Nord. ", "cafe\u0301 DU nord"),
        ("“quoted”", "quoted"),
        (True, "true"),
    ],
)
def test_values_that_mean_the_same_compare_equal(one, other):
    assert extraction.same(one, other)
    assert extraction.same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,20", 120),
        ("12", "1.2"),
        ("2024-13-01", "2024-12-01"),
        ("Marsh 3, 2024", "2024-03-03"),
        (True, 1),
        ("?", "!"),
        (".5", "5"),
        ("-5", "5"),
        ("00123", "123"),
        ("00123", 123),
        ("1.10", "1.1"),  # two texts may be versions
        ("12345678901234567890", "12345678901234567891"),
        (12345678901234567890, 12345678901234567891),
        ("1.2.3", "1.2.30"),
    ],
)
def test_values_that_differ_stay_different(one, other):
    assert not extraction.same(one, other)
    assert not extraction.same(other, one)


def test_a_record_is_counted_by_field():
    gold = {"name": "Aromi", "area": None, "tags": ["a", "b", "b"], "who": {"age": 3}, "rel": [{"h": "x", "t": "y"}]}
    mine = {"name": "aromi ", "area": "city", "tags": ["b", "a"], "who": {"age": "4"}, "rel": [{"t": "y", "h": "X"}]}
    assert extraction.counts(mine, gold) == {
        "name": (1, 1, 1), "tags": (2, 2, 3), "who.age": (0, 1, 1), "rel": (1, 1, 1), "area": (0, 1, 0)
    }  # fmt: skip
    assert not extraction.exact(mine, gold)
    assert extraction.exact({"name": "AROMI", "tags": ["b", "a", "b"], "who": {"age": 3.0}, "rel": gold["rel"]}, gold)
    assert extraction.counts(None, gold)["name"] == (0, 0, 1)  # a failed record: nothing given, all expected
    assert extraction.shares(2, 2, 3) == {"P": (2, 2), "R": (2, 3), "F1": (4, 5)}


def test_an_interval_is_that_of_the_normal_theory_where_it_holds():
    values = np.random.default_rng(1).normal(0.5, 0.1, 1000)
    (interval,) = intervals([values])
    half = 1.96 * values.std(ddof=1) / math.sqrt(1000)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=5e-4)
    assert interval.high == pytest.approx(values.mean() + half, abs=5e-4)
    assert intervals([values]) == [interval]  # the seed is fixed


def test_an_interval_holds_the_truth_as_often_as_it_says():
    """200 samples of a skewed quantity: 95 % intervals hold its mean in 95 %, within what chance allows."""
    random = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        (interval,) = intervals([random.beta(0.5, 2, 60)], resamples=1000)
        held += interval.low <= 0.2 <= interval.high
    assert 180 <= held <= 199


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0, 3.0])), max_size=20))
@settings(deadline=None)
def test_a_weighted_mean_lies_in_its_interval_and_ignores_what_has_no_weight(pairs):
    values, weights = [v for v, _ in pairs], [w for _, w in pairs]
    (interval,) = intervals([values], [weights], resamples=200)
    if not sum(weights):
        assert math.isnan(interval.mean)
        assert interval.n == 0
    else:
        mean = sum(v * w for v, w in pairs) / sum(weights)
        assert interval.mean == pytest.approx(mean)
        assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
        assert interval.n == sum(w > 0 for w in weights)


def test_the_randomisation_test_is_the_exact_one():
    """With 10 cases all 1,024 exchanges can be counted."""
    a = [0.1, 0.4, 0.3, 0.8, 0.2, 0.6, 0.7, 0.5, 0.9, 0.35]
    b = [0.3, 0.5, 0.2, 0.9, 0.5, 0.8, 0.6, 0.7, 0.95, 0.55]
    differences = [y - x for x, y in zip(a, b, strict=True)]
    seen = sum(
        abs(sum(d if mask >> i & 1 else -d for i, d in enumerate(differences))) >= abs(sum(differences)) - 1e-12
        for mask in range(1024)
    )
    result = compare(a, b)
    assert result.difference == pytest.approx(sum(differences) / 10)
    assert result.p == pytest.approx(seen / 1024, abs=0.006)
    assert compare(b, a).p == pytest.approx(result.p, abs=0.006)


def test_two_equal_systems_are_not_told_apart():
    """The test errs as often as it says: of 300 pairs without a difference about 5 % have p < .05."""
    random = np.random.default_rng(9)
    small = sum(compare(random.random(40), random.random(40), resamples=400).p < 0.05 for _ in range(300))
    assert 4 <= small <= 28


def test_weights_take_part_in_the_exchange():
    """Precision over citations: A cites much and badly, B little and well."""
    a, weights_a = [0.2] * 30, [5.0] * 30
    b, weights_b = [1.0] * 30, [1.0] * 30
    result = compare(a, b, weights_a, weights_b)
    assert result.difference == pytest.approx(0.8)
    assert result.p < 0.001
    assert verdict(result, "A", "B").startswith("B is better than A by .800")
    assert compare(a, a, weights_a, weights_a).p == 1


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_needed_sample_gives_the_power_it_promises():
    random = np.random.default_rng(3)
    size = needed(0.2, 0.05)
    assert size == 126  # (1.96 + .84)² · (.2 / .05)²
    seen = 0
    for _ in range(200):
        difference = random.normal(0.05, 0.2, size)
        seen += abs(difference.mean()) > 1.96 * difference.std(ddof=1) / math.sqrt(size)
    assert 140 <= seen <= 180


def test_what_so_many_cases_can_show_fits_how_many_it_takes():
    """The difference that is named is one for which just so many cases are needed."""
    scores = np.random.default_rng(5).normal(0, 0.2, 126)
    said = verdict(compare([0.0] * 126, list(scores - scores.mean() + 0.01)), "A", "B")
    shown, count = re.search(
        r"126 cases show a difference of about (\S+) or more; .* takes about (\S+) cases", said
    ).groups()
    deviation = scores.std(ddof=1)
    assert abs(needed(deviation, float(shown)) - 126) <= 3
    assert abs(needed(deviation, 0.01) - int(count.replace(",", ""))) <= 50


def test_verdicts_are_plain():
    better = compare([0.5] * 50, [0.52] * 49 + [0.5])
    assert verdict(better, "A", "B").startswith("B is better than A by .02")
    assert verdict(compare([0.5] * 2, [0.5] * 2), "A", "B") == "B and A score the same on every case"
    assert verdict(compare([0.5], [0.7]), "A", "B") == "one case cannot tell B from A (+.200)"
    unsure = compare([0.1, 0.9, 0.5], [0.2, 0.7, 0.6])
    assert verdict(unsure, "A", "B").startswith("cannot tell B from A")
    assert verdict(unsure, "A", "B").endswith("3 cases are too few, and too few to say how many it takes")
    assert "cannot be compared" in verdict(compare([], []), "A", "B")


def test_quantiles_hold_their_value():
    values = [float(i) for i in range(1, 1001)]
    random.Random(2).shuffle(values)
    middle, tail = quantile_interval(values, 0.5), quantile_interval(values, 0.95)
    assert middle.mean == pytest.approx(500, abs=1)
    assert middle.low == pytest.approx(469, abs=2)
    assert middle.high == pytest.approx(531, abs=2)
    assert tail.low < 951 < tail.high


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("東京は日本の首都です。", "日本の首都"),
        ("患者被给予250毫克头孢。", "头孢"),
        ("患者被给予250毫克头孢。", "250毫克"),
        ("อยู่กรุงเทพมหานคร", "กรุงเทพ"),
        ("그는 서울에서 왔다", "서울"),
        ("Es steht in „Der Prozeß“.", "Der Prozeß"),
        ("from 1990–1995 on", "1990-1995"),
        ("un cafe\u0301 noir", "café"),
    ],
)
def test_a_gold_answer_is_found_in_every_script(text, gold):
    assert answers.answer_in_citation([text], [gold]) == 1.0


def test_tokens_of_scripts_without_blanks_are_their_characters():
    assert answers.tokens("The 東京2020 Games") == ["東", "京", "2020", "games"]
    assert answers.token_f1("日本の首都", ["首都"]) == pytest.approx(2 * 2 / (5 + 2))
    assert not answers.contains("a party", ["art"])
