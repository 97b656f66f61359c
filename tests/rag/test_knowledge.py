"""The built-in library and its questions: their form, and that every answer stands where it is said to stand."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.data import knowledge
from genai_demo.data.knowledge import Article, articles
from genai_demo.rag import questions as asked
from genai_demo.rag.questions import Question, questions

ARTICLES, QUESTIONS = articles(), questions()
TEXTS = {article.stem: article.text for article in ARTICLES}
LEAST = {"direct": 50, "paraphrase": 40, "two": 20, "unanswerable": 60, "off subject": 30}
FOREIGN = re.compile(  # a path, a link, the project's workings
    r"https?:|www\.|\b\w+\.(?:com|org|io|net)\b|(?:^|\s)/\w+/|\.py\b|\b(?:pip|npm) install\b|assets/|genai_demo"
    r"|this (?:project|repository|app|page)\b|TODO",
    re.MULTILINE,
)

each_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.stem)
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


@each_article
def test_an_article_has_a_title_sections_and_a_moderate_length(article: Article) -> None:
    lines = article.text.split("\n")
    assert lines[0] == f"# {article.title}"
    assert article.title
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article.stem)
    headings = [line for line in lines if line.startswith("## ")]
    assert headings[-1] == "## References"
    assert 2 <= len(headings) - 1 <= 4
    assert len(set(headings)) == len(headings)
    assert not [line for line in lines[1:] if line.startswith(("# ", "### "))]
    assert 150 <= len(article.body.split()) <= 350


@each_article
def test_an_article_opens_with_a_definition_that_stands_alone(article: Article) -> None:
    first = article.definition
    assert first.endswith(".")
    assert 8 <= len(first.split()) <= 60, first
    assert not re.match(r"(It|This|These|They|Here|There)\b", first), first
    names = " ".join([article.title, *article.also])
    stems = {word[:5] for word in plain(names).split() if len(word) > 2}
    assert any(word[:5] in stems for word in plain(first).split()), "the subject is named"


@each_article
def test_an_article_cites_its_sources_with_year_and_venue(article: Article) -> None:
    assert article.references
    for reference in article.references:
        assert re.fullmatch(r"\S.+ \((?:19|20)\d\d\)\. \S.+[.?!] \S.+\.", reference), reference
    assert len(set(article.references)) == len(article.references)
    tail = article.text.partition("\n## References\n")[2].strip().split("\n")
    assert all(line.startswith("- ") for line in tail), "nothing but references follows"


@each_article
def test_an_article_speaks_of_its_subject_only(article: Article) -> None:
    assert not FOREIGN.search(article.text), FOREIGN.search(article.text)
    assert "  " not in article.text
    assert article.text.endswith(".\n")


def test_titles_differ_and_no_sentence_stands_twice() -> None:
    assert len({plain(article.title) for article in ARTICLES}) == len(ARTICLES)
    sentences = Counter(
        sentence for article in ARTICLES for sentence in re.split(r"(?<=[.?!])\s+", article.body) if len(sentence) > 40
    )
    assert not [sentence for sentence, count in sentences.items() if count > 1]


def test_a_work_cited_in_several_articles_has_the_same_year_and_venue() -> None:
    known: dict[str, str] = {}
    for article in ARTICLES:
        for reference in article.references:
            year, title = re.search(r"\((\d{4})\)\. (.+?[.?!]) ", reference).groups()  # type: ignore[union-attr]
            assert known.setdefault(plain(title), reference) == reference, (year, article.stem)


def test_there_are_enough_questions_of_each_kind() -> None:
    assert len(ARTICLES) >= 60
    assert len(QUESTIONS) >= 130
    counts = Counter(question.kind for question in QUESTIONS)
    assert counts.keys() == LEAST.keys()
    assert all(counts[kind] >= least for kind, least in LEAST.items()), counts


def test_no_question_is_asked_twice() -> None:
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS)
    assert len({plain(question.question) for question in QUESTIONS}) == len(QUESTIONS)


def test_every_article_answers_something() -> None:
    assert {passage.article for question in QUESTIONS for passage in question.passages} == TEXTS.keys()


@each_question
def test_its_answer_stands_in_the_articles(question: Question) -> None:
    assert question.question.endswith("?")
    for passage in question.passages:
        assert passage.span == passage.span.strip()
        assert TEXTS[passage.article].count(passage.span) == 1, passage
        assert passage.span in next(a.body for a in ARTICLES if a.stem == passage.article), "not among the references"
    if question.kind in ("unanswerable", "off subject"):
        assert not question.passages
        assert not question.answer
    else:
        assert question.passages
        assert question.answer
    if question.kind == "two":
        assert len({passage.article for passage in question.passages}) == 2


def shared(question: Question) -> float:
    """Share of the question's words (of four letters or more, cut to five) that stand in the best of its spans."""
    words = {word[:5] for word in plain(question.question).split() if len(word) > 3}
    spans = [{word[:5] for word in plain(passage.span).split()} for passage in question.passages]
    return max(len(words & span) / len(words) for span in spans)


def test_paraphrases_use_other_words_than_the_passages() -> None:
    rates = {
        kind: [shared(question) for question in QUESTIONS if question.kind == kind] for kind in ("direct", "paraphrase")
    }
    means = {kind: sum(values) / len(values) for kind, values in rates.items()}
    assert means["paraphrase"] < 0.2
    assert means["direct"] > 2 * means["paraphrase"]
    assert max(rates["paraphrase"]) <= 0.5


def test_a_missing_library_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (knowledge, asked):
        monkeypatch.setattr(module, "KNOWLEDGE", tmp_path)
    for reader in (articles, questions):
        with pytest.raises(DemoError, match=r"restore"):
            reader.__wrapped__()


def test_a_reader_finds_the_parts_of_an_article(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (
        "# Cat\nAlso called: house cat, moggy\n\nA cat is an animal. It purrs.\n\n## Life\n\nLong.\n\n## References\n\n"
    )
    (tmp_path / "cat.md").write_text(text + "- Poe, E. (1843). The Black Cat. The Post.\n", encoding="utf-8")
    monkeypatch.setattr(knowledge, "KNOWLEDGE", tmp_path)
    (cat,) = articles.__wrapped__()
    assert (cat.stem, cat.title, cat.also) == ("cat", "Cat", ("house cat", "moggy"))
    assert cat.definition == "A cat is an animal."
    assert cat.body.endswith("Long.\n")
    assert cat.references == ("Poe, E. (1843). The Black Cat. The Post.",)


def test_the_readme_counts_the_articles_that_there_are() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    counted = re.findall(r"\| (?:ask )?(\d+) (?:articles on|words of) generative AI", readme)
    assert counted == [str(len(articles()))] * 2
