import { describe, it } from 'mocha';
import { registerMemorySuite } from './memory-suite.mjs';

registerMemorySuite({ describe, it });
