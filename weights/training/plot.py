"""Draws a training log as SVG: test-set rates of the EMA weights over the minutes. usage: plot.py LOG.csv OUT.svg"""
import csv, html, sys

rows = [r for r in csv.DictReader(open(sys.argv[1])) if r["minutes"]]
names = [k for k in rows[0] if k.startswith("eval ")]
W, H, LEFT, TOP, RIGHT, BOTTOM = 720, 360, 44, 16, 170, 36
COLOURS = ["#1b6ca8", "#d1495b", "#3a7d44", "#8a4fbe", "#b8860b", "#4a4a4a", "#008b8b"]
end = max(float(r["minutes"]) for r in rows)
x = lambda minutes: LEFT + (W - LEFT - RIGHT) * minutes / end
y = lambda rate: TOP + (H - TOP - BOTTOM) * (1 - rate / 100)
out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {W} {H}" font-family="sans-serif" font-size="11">',
       f'<rect width="{W}" height="{H}" fill="white"/>']
for rate in range(0, 101, 20):
    out.append(f'<line x1="{LEFT}" x2="{W - RIGHT}" y1="{y(rate):.1f}" y2="{y(rate):.1f}" stroke="#ddd"/>')
    out.append(f'<text x="{LEFT - 6}" y="{y(rate) + 4:.1f}" text-anchor="end">{rate} %</text>')
step = next(s for s in (1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 960) if end / s <= 12)
for minutes in range(0, int(end) + 1, step):
    out.append(f'<text x="{x(minutes):.1f}" y="{H - BOTTOM + 16}" text-anchor="middle">{minutes}</text>')
out.append(f'<text x="{(LEFT + W - RIGHT) / 2}" y="{H - 4}" text-anchor="middle">minutes of training</text>')
last = -100.0
ends = []
for name, colour in zip(names, COLOURS):
    points = [(float(r["minutes"]), float(r[name])) for r in rows if r[name]]
    if not points:
        continue
    path = " ".join(f"{x(m):.1f},{y(v):.1f}" for m, v in points)
    out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
    out += [f'<circle cx="{x(m):.1f}" cy="{y(v):.1f}" r="2" fill="{colour}"/>' for m, v in points]
    ends.append((y(points[-1][1]), name[5:], points[-1][1], colour))
for at, name, rate, colour in sorted(ends):
    last = max(at + 4, last + 13)  # labels do not overlap
    out.append(f'<text x="{W - RIGHT + 8}" y="{last:.1f}" fill="{colour}">{html.escape(name)}: {rate:.0f} %</text>')
out.append("</svg>")
open(sys.argv[2], "w").write("\n".join(out) + "\n")
