"""How `geo.design` works inside: nothing outside `geo` imports from here.

In the order they run: `problem` states the task in arrays, `diagnose` proves what is
out of reach, `tiny` tries all there is of a few units, `seeds` (with `transport`,
`assign`, `repair`) makes first plans, `levels` and `improve` (moves of a `state`) cool
and descend them, `refine` and `polish` (with `resolve`) finish them, `outcome` says
what was found and `bound` how much better it could be. `search` holds them together,
`realign` (with `fewest`) where a plan must stay near today's.
"""
