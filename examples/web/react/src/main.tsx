import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Sudoku } from './Sudoku';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Sudoku first="53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79" />
  </StrictMode>,
);
