/** Sample calls of every op, for checks and benchmarks. One line an op folder; not part of the shipped bundle. */
import './fill/samples.js';
import './reshape/samples.js';
import './cast/samples.js';
import './binary/samples.js';
import './where/samples.js';
import './unary/samples.js';
import './reduce/samples.js';
import './assign/samples.js';
import './optimizerSteps/samples.js';
