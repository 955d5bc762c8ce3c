export { full, ones, zeros } from './fill/op.js';
export { reshape } from './reshape/op.js';
