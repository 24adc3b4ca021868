import { useEffect, useState } from 'react';
import { Solver, type ModelSource } from 'hrm-webgpu';

/** A solver for as long as a component is there, and what went wrong with it. */
export function useSolver(model: ModelSource = 'sudoku'): { solver?: Solver; error?: Error } {
  const [opened, setOpened] = useState<{ solver?: Solver; error?: Error }>({});
  useEffect(() => {
    const gone = new AbortController();
    let mine: Solver | undefined;
    // React runs effects twice while one develops: whoever is gone keeps nothing.
    Solver.create({ model, signal: gone.signal }).then(
      (solver) => {
        if (gone.signal.aborted) return solver.free();
        mine = solver;
        setOpened({ solver });
      },
      (error: Error) => gone.signal.aborted || setOpened({ error }),
    );
    return () => {
      gone.abort();
      mine?.free();
      setOpened({});
    };
  }, [model]);
  return opened;
}
