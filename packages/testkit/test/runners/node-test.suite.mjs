import { describe, it } from 'node:test';
import { registerMemorySuite } from './memory-suite.mjs';

registerMemorySuite({ describe, it });
