export { artifactCollected } from './artifact-collected.ts';
export { type ErrorCategory, type ErrorCode, errorCodes, exitCodeOf, exitCodes } from './error-codes.ts';
export { joinErrors } from './join-errors.ts';
export { didYouMean, nearestNames } from './nearest-name.ts';
export { runEnded, runHeld, runLeaseLost } from './run-lease-errors.ts';
export { type Problem, StackError, type StackErrorOptions } from './stack-error.ts';
