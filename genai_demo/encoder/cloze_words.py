"""English words that the rules of `cloze` go by, most of them small ones."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_REGULAR = """provide contain include support allow implement use require make offer give read take return need handle
add create define describe generate help convert display enable get hold keep let manage parse represent run show store
write produce replace call set start mean extend combine compute want know love see find learn say bring lead leave
depend work raise change"""
VERBS = {  # as it says it of one -> as a question has it
    **{f"{verb}s": verb for verb in _REGULAR.split()},
    "has": "have",
    "does": "do",
    "goes": "go",
    "passes": "pass",
    "searches": "search",
}
STOPS = _set("""a an the this that these those its his her their our your my it he she they we you i him them us me who
which what where when why how and or but nor so yet if then than as of in on at by for with from to into onto over under
about between through during before after above below up down out off via per within without against among is are was
were be been being am has have had do does did can could may might must shall should will would not no only also very
too just both either each every any some all such other more most same own there here because since while although
though unless until whether""")
# a noun and what describes it begin behind one of these
STARTS = _set("a an the its his her their our your of in on at by for with from to into via between both")
# none of these is in what a rule takes for the subject
VAGUE = _set("""is are was were can could may must will would should has have in if when it this that you they he she we
i there these which who what not and or but""")
