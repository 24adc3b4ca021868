/** What the page says about a question, a segment, an answer and an error. */

import type { App } from './app.js';
import type { Hint } from './hint.js';
import { HrmError, InvalidPuzzleError } from './hrm-webgpu/dist/index.js';
import { percent } from './board.js';
import { place, type Fault } from './tasks/board.js';
import type { Definition } from './tasks/definition.js';
import type { Thinking } from './thinking.js';

/** Most faults told as sentences; further ones are only marked. */
const MOST_FAULTS = 3;

export interface Told {
  headline: string;
  good?: boolean;
  details: string[];
}

export function opening({ opening }: App): Told {
  const isModel = typeof opening === 'object' && opening.stage === 'model';
  const size = isModel ? [`${(opening.loaded / 1e6).toFixed(1)} of ${(opening.total / 1e6).toFixed(1)} MB`] : [];
  return { headline: 'Opening the model…', details: size };
}

export function asked(app: App, found: Fault[]): Told {
  const { editor, solver, task } = app;
  if (found.length > 0) return { headline: task.refused, good: false, details: sentences(found) };
  if (app.isAdvising) return { headline: 'Thinking about a hint…', details: [] };
  if (app.question === 'none') return insoluble;
  if (app.hint) return advised(task, app.hint);
  const isFull = !editor.grid.includes(task.blank) && task.rules?.faults(editor.grid, editor.grid).length === 0;
  if (isFull) return { headline: 'Complete', good: true, details: ['Every rule is kept.'] };
  const none = task.model ? [] : ['None is bundled for this board: files of your own can be opened under Options.'];
  if (!solver) return { headline: 'No model', details: none };
  const network = `${(solver.model.parameters / 1e6).toFixed(2)} million parameters, up to ${app.effort.segments} segments`;
  const headline = editor.isEmpty ? 'An empty board' : task.about(editor.grid);
  return { headline, details: [`A network of ${network}.`, ...(editor.isEmpty ? [] : several(app))] };
}

function advised({ shape }: Definition, { cell, glyph, confidence, valid, isTold }: Hint): Told {
  const where = place(cell, shape.columns);
  const whole = valid === false ? ['Its answer as a whole breaks the rules.'] : [];
  if (!isTold) return { headline: `Hint: ${where}`, details: [`Of all empty cells the model is surest here, ${percent(confidence)}. Hint again tells what it would write.`] };
  const opinion = `An opinion, ${percent(confidence)} sure: the model would write ${glyph} there. It can be wrong; nobody has checked it.`;
  return { headline: `Hint: ${glyph} in ${where}?`, details: [opinion, ...whole] };
}

const insoluble: Told = { headline: 'Has no solution', good: false, details: ['No answer can keep the rules, whoever thinks about it.'] };

function several({ question, task }: App): string[] {
  // Where ways differ in length, several are no surprise.
  return question === 'several' && !task.rules?.optimum ? ['It has more than one solution; any of them will do.'] : [];
}

/** Says so where an answer, which may have any shape, has no cells. */
function boardless({ task, step }: Thinking): string[] {
  return task.isFree && step && task.text(step.grid) === '' ? ['Its answer is no board: the first cell lies outside of one.'] : [];
}

/** Says in a sentence what a segment did. */
export function account(thinking: Thinking, segment: number): string {
  const [none] = boardless(thinking);
  if (none) return none;
  const unsure = thinking.unsure(segment);
  const changed = thinking.changed(segment).length;
  const doubt = unsure === 0 ? 'Sure of every cell' : `${cellsOf(unsure)} unsure`;
  const change = changed === 0 ? 'no change of mind' : `it changed its mind about ${changed}`;
  const wish = (thinking.steps[segment - 1]?.qHalt ?? 0) > 0 ? ' It would stop now.' : '';
  return segment === 1 ? `A first guess at ${cellsOf(changed)}, ${unsure} unsure.${wish}` : `${doubt}, ${change}.${wish}`;
}

function cellsOf(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`;
}

const REASONS = {
  valid: 'then the rules were kept',
  learned: 'then the network said that it was done',
  stable: 'then the network said that it was done and its answer stayed',
  still: 'then nothing changed any more',
  limit: 'the most it was given',
};

export function told(app: App, thinking: Thinking, found: Fault[]): Told {
  const { answer, shown, progress } = thinking;
  const { length } = thinking.steps;
  if (!thinking.atEnd || thinking.playing) {
    if (length === 0) return { headline: 'Thinking…', details: [] };
    if (shown === 0) return { headline: 'The question', details: [] };
    return { headline: `Segment ${shown}${thinking.isRunning ? '' : ` of ${length}`}`, details: [account(thinking, shown)] };
  }
  const good = thinking.isJudged ? thinking.step !== undefined && found.length === 0 : undefined;
  if (good === false && app.question === 'none') return { ...insoluble, details: [...insoluble.details, ...sentences(found)] };
  const ended = thinking.isJudged ? 'Not solved' : 'Answered';
  const headline = { running: '', ended, stopped: thinking.isJudged ? 'Stopped, not solved' : 'Stopped', failed: 'It could not go on' };
  const isIt = answer && thinking.try === thinking.winner;
  const reason = isIt ? REASONS[answer.stopped] : progress === 'stopped' ? 'then it was stopped' : 'another try gave the answer';
  const time = isIt ? ` ${duration(answer.ms)}.` : '';
  const optimum = thinking.task.rules?.optimum;
  const worse = isIt && optimum && answer[optimum.key] === false ? [optimum.said] : [];
  const count = length === 1 ? '1 segment' : `${length} segments`;
  return {
    headline: good ? 'Solved' : headline[progress],
    ...(good === undefined ? {} : { good }),
    details: [`${count}, ${reason}.${time}`, ...boardless(thinking), ...worse, ...(good ? several(app) : []), ...sentences(found)],
  };
}

/** Formats a duration as "12 ms" or "3.4 s", with a no-break space. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.max(ms, 1).toFixed(0)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`;
}

function sentences(found: Fault[]): string[] {
  const told = found.slice(0, MOST_FAULTS).map((fault) => `${capital(fault.message)}.`);
  if (found.length > MOST_FAULTS) told.push(`And ${found.length - MOST_FAULTS} more faults.`);
  return told;
}

/** Returns an error in a sentence or two. */
export function sentence(error: unknown): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  // The hint says how puzzles are written, which is no use to someone with a board.
  const hint = error instanceof HrmError && !(error instanceof InvalidPuzzleError) ? error.hint : undefined;
  // An address keeps its case.
  const asSentence = (text: string) => `${/^\S*[:/]/.test(text) ? text : capital(text)}.`;
  return [message, hint].filter((text) => text !== undefined).map(asSentence).join(' ');
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
