/** What users type to call this program; `STACK_COMMAND` says so where it is not `stack`, as in `npx stack`. */
export const programName = process.env.STACK_COMMAND || 'stack';
