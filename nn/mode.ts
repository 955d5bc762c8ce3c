import type { Module } from './module.js';

/** Switches `model` to evaluation mode; returns a function that puts each of its modules back into the mode it was in. */
export function switchToEval(model: Module): () => void {
  const before = model.namedModules().map(([, module]) => ({ module, training: module.training }));
  model.eval();
  return () => {
    for (const { module, training } of before) module.training = training;
  };
}
