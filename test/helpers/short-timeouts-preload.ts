/**
 * Loaded into a service before its own code: its SMTP client waits as long as SHORT_TIMEOUTS says, a JSON object of milliseconds.
 * See short-timeouts.ts.
 */
import process from 'node:process';
import { DEFAULT_SMTP_TIMEOUTS } from '../../src/smtp/session.ts';

Object.assign(DEFAULT_SMTP_TIMEOUTS, JSON.parse(process.env['SHORT_TIMEOUTS'] ?? '{}'));
