/** Sample calls of every op, for checks and benchmarks. One line an op folder; not part of the shipped bundle. */
import './fill/samples.js';
import './reshape/samples.js';
