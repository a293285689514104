/** Every SMTP dialogue file against the whole service on the two other runtimes; test/flow/ has the default one. */
import { describe } from 'bun:test';
import { testDialogs } from '../helpers/dialog-service.ts';

describe('deno', () => testDialogs('deno'));
describe('node', () => testDialogs('node'));
