"""A model folder for larger mazes from one for smaller ones: new rows and columns of positions come in the middle, so that
those at the edges keep what they know of edges. For `train.py --stage grown --start`. usage: grow.py FOLDER SIDE OUT"""
import dataclasses, math, sys
import torch
from folder import export, import_folder
from hrm import initialise, views

POSITIONS = "embed_pos.embedding_weight"
old, task, flat, init = import_folder(sys.argv[1])
new = dataclasses.replace(old, seq_len=int(sys.argv[2]) ** 2)
m, n = math.isqrt(old.seq_len), math.isqrt(new.seq_len)
grown, _ = initialise(new, 5)
w, v = views(new, grown), views(old, flat)
for name in set(w) - {POSITIONS}:
    w[name].copy_(v[name])
# The positions of cells are nearly the sum of a row's and a column's part.
prefix, cells = v[POSITIONS][:1], v[POSITIONS][1:].view(m, m, -1)
half = cells.mean((0, 1)) / 2
parts = [cells.mean(1) - half, cells.mean(0) - half]
known, _ = torch.linalg.qr(torch.cat(parts + [prefix]).T)
fresh = torch.randn(2 * (n - m), new.hidden, generator=torch.Generator().manual_seed(5))
fresh, _ = torch.linalg.qr((fresh - fresh @ known @ known.T).T)
fresh = (fresh.T * parts[0].norm(dim=1).mean() + half).split(n - m)
top = (m + 1) // 2
rows, columns = (torch.cat([part[:top], more, part[top:]]) for part, more in zip(parts, fresh))
w[POSITIONS].copy_(torch.cat([prefix, (rows[:, None] + columns[None]).reshape(n * n, -1)]))
export(new, task, grown, init, sys.argv[3])
