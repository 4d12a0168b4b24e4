import * as fc from 'fast-check';

// All properties of a test run begin with this seed. A test that sets other global options keeps the ones that are set.
fc.configureGlobal({ seed: Number(process.env.STACK_TEST_SEED) });
