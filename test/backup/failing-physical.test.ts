import { describe } from 'vitest';
import { describeFailures } from './failing-cases.js';

describe('a physical backup that fails', () => describeFailures('physical', 'copying'));
