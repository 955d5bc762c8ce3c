/** The package's main file yields no exports in Node; this one does. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export { type RaceDetectionResult, WgslDebug, WgslExec, detectRaces } from 'wgsl_reflect';
}
