import '../../index.js';
import { conv2dLadder } from './conv2d.js';
import type { Ladder } from './ladder.js';
import { matmulLadder } from './matmul.js';
import { reductionLadder, softmaxLadder } from './rows.js';

export const LADDERS: readonly Ladder[] = [matmulLadder, conv2dLadder, reductionLadder, softmaxLadder];
