import { useRef, useState } from 'react';
import type { Step } from 'hrm-webgpu';
import { useSolver } from './useSolver';

/** A Sudoku that the network thinks about, a segment at a time. */
export function Sudoku({ first }: { first: string }) {
  const { solver, error } = useSolver();
  const [puzzle, setPuzzle] = useState(first);
  const [step, setStep] = useState<Step>();
  const thinking = useRef<AbortController>(null);

  async function solve() {
    thinking.current?.abort();
    const { signal } = (thinking.current = new AbortController());
    try {
      for await (const step of solver!.solve(puzzle, { signal })) setStep(step);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async function another() {
    thinking.current?.abort();
    const [made] = await solver!.generate({ level: 'hard' });
    setStep(undefined);
    setPuzzle(made!.puzzle);
  }

  if (error) return <p role="alert">{error.message}</p>;
  const state = !step ? 'a question' : !step.answer ? `segment ${step.segment}` : step.answer.valid ? 'solved' : 'not solved';
  return (
    <>
      <pre aria-label="board">{(step?.grid ?? puzzle).replace(/.{9}/g, '$&\n')}</pre>
      <p role="status">{state}</p>
      <button disabled={!solver} onClick={solve}>Solve</button>
      <button disabled={!solver} onClick={another}>Another one</button>
    </>
  );
}
