import { describe, it } from '@jest/globals';
import { registerMemorySuite } from './memory-suite.mjs';

registerMemorySuite({ describe, it });
