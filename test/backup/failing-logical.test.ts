import { describe } from 'vitest';
import { describeFailures } from './failing-cases.js';

describe('a logical backup that fails', () => describeFailures('logical', 'dumping database postgres'));
