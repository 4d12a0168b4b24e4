/** The word by which the scripts of `stack completion` ask what to complete. It is no command for people. */
export const completionRequest = '__complete';
