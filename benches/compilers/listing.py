"""What a driver told of a shader: statistics, and code with its loops."""
import re


class Listing:
    """A file that the example `compilers` wrote: lines `NAME: VALUE`, then parts that begin with `=== NAME`."""

    def __init__(self, path):
        head, *parts = re.split(r"^=== ", path.read_text(), flags=re.M)
        self.values = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        self.parts = dict(part.split("\n", 1) for part in parts)

    def number(self, name):
        return int(float(self.values.get(name, 0)))


class Code:
    """Instructions of a kernel in order. `parse(line)` gives `("label", NAME)`, `("code", INSTRUCTION)` or None, and
    `target(instruction)` the label to which one jumps, or None."""

    def __init__(self, text, parse, target, products):
        self.text, self.labels, self.products = [], {}, products
        for kind, value in filter(None, map(parse, text.splitlines())):
            if kind == "label":
                self.labels[value] = len(self.text)
            else:
                self.text.append(value)
        self.jumps = [self.labels.get(target(instruction)) for instruction in self.text]

    def loops(self):
        """First and last instruction of each loop: what a jump backwards spans."""
        ends = {}
        for at, to in enumerate(self.jumps):
            if to is not None and to <= at:
                ends[to] = max(at, ends.get(to, 0))
        return sorted(ends.items())

    def count(self, first, last):
        """Products of a lane in these instructions."""
        return sum(map(self.products, self.text[first : last + 1]))

    def hot(self, products, turns=()):
        """The outermost loop with most products, and the loops inside it with the turns of each.

        `products` is how many a lane makes in a turn of the outer loop. Where the turns of the inner loops are not given,
        they follow from it: only one of these loops may multiply then."""
        inside = lambda a, b: a != b and b[0] <= a[0] and a[1] <= b[1]
        loops = self.loops()
        outermost = [loop for loop in loops if not any(inside(loop, other) for other in loops)]
        if not outermost:
            return None, {}
        hot = max(outermost, key=lambda loop: self.count(*loop))
        inner = [loop for loop in loops if inside(loop, hot)]
        if turns:
            given = list(turns) + [turns[-1]] * len(inner)
            return hot, dict(zip(inner, given))
        made = {loop: self.count(*loop) for loop in inner}
        return hot, {loop: max(1, round(products / n)) if n else 1 for loop, n in made.items()}

    def weighted(self, hot, inner):
        """Instructions of the hot loop, and how often each runs in a turn of it."""
        for at in range(hot[0], hot[1] + 1):
            times = 1
            for (first, last), turns in inner.items():
                times *= turns if first <= at <= last else 1
            yield self.text[at], times
