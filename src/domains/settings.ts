/**
 * The check of what a person sets on a relay domain.
 *
 * An absent field of an input leaves what is there; null puts the default back. Every field is checked, and all complaints
 * come together. Pure.
 */
import { wholeUnits } from '../mail/duration.ts';
import { checkDnsbl, type DnsblInput } from './dnsbl-input.ts';
import { checkDeliverTo, checkLabels, checkNetworks, type HostInput, type LabelInput } from './input.ts';
import { type Checked, errorsOf, invalid, type UserError } from '../input/checked.ts';
import { DEFAULT_SETTINGS, type DomainSettings, SETTING_NAMES, type UnknownWhileDown } from './relay-domain.ts';

/** The checks of values whose type does not say all; null is the default. */
const CHECKS = {
  deliverTo: (hosts: readonly HostInput[] | null) => checkDeliverTo(hosts ?? []),
  labels: (labels: readonly LabelInput[] | null) => checkLabels(labels ?? []),
  recipientDelimiter: checkDelimiter,
  unknownWhileDown: checkUnknownWhileDown,
  drainPerMinute: checkDrainPerMinute,
  etrnClients: checkEtrnClients,
} satisfies { readonly [K in keyof DomainSettings]?: (value: never) => Checked<DomainSettings[K]> };

type Checks = typeof CHECKS;
type Given<K extends keyof DomainSettings> = K extends keyof Checks
  ? Parameters<Checks[K]>[0]
  : DomainSettings[K] | null;

export type DomainSettingsInput = DnsblInput & {
  readonly [K in Exclude<keyof DomainSettings, 'dnsbl'>]?: Given<K> | undefined;
};

/** The lifetime of held mail. */
const MAX_DEFER_HOURS = 240;
const MAX_DRAIN_PER_MINUTE = 1_000_000;
const MAX_ETRN_CLIENTS = 50;

/** The settings that an input makes of the present ones. */
export function applySettings(present: DomainSettings, input: DomainSettingsInput): Checked<DomainSettings> {
  const checked = SETTING_NAMES.map((name) => [name, checkSetting(name, present, input)] as const);
  const errors = errorsOf(...checked.map(([, check]) => check));
  if (errors.length > 0) return { kind: 'BAD', errors };
  const values = checked.map(([name, check]) => [name, check.kind === 'OK' ? check.value : null]);
  return { kind: 'OK', value: Object.fromEntries(values) as DomainSettings };
}

function checkSetting(
  name: keyof DomainSettings,
  present: DomainSettings,
  input: DomainSettingsInput,
): Checked<unknown> {
  if (name === 'dnsbl') return checkDnsbl(input, present.dnsbl);
  const value = input[name];
  if (value === undefined) return { kind: 'OK', value: present[name] };
  const check: ((value: never) => Checked<unknown>) | null = name in CHECKS ? CHECKS[name as keyof Checks] : null;
  return check === null ? { kind: 'OK', value: value ?? DEFAULT_SETTINGS[name] } : check(value as never);
}

/** RFC 5233 §2 leaves the character to the server. One that separates nothing in practice is a slip. */
function checkDelimiter(text: string | null): Checked<string | null> {
  if (text === null || /^[!#$%&'*+/=?^_`{|}~-]$/.test(text)) return { kind: 'OK', value: text };
  const message = 'The delimiter is one character that may stand in a local part, such as "+"; null for none.';
  return { kind: 'BAD', errors: [invalid(['recipientDelimiter'], message, 'INVALID')] };
}

function checkUnknownWhileDown(
  value: { readonly policy: UnknownWhileDown['policy']; readonly duration?: number | null | undefined } | null,
): Checked<UnknownWhileDown> {
  if (value === null) return { kind: 'OK', value: DEFAULT_SETTINGS.unknownWhileDown };
  const { policy, duration } = value;
  const hours = duration == null ? DEFAULT_SETTINGS.unknownWhileDown.hours : wholeUnits(duration, 'h', MAX_DEFER_HOURS);
  if (hours !== null) return { kind: 'OK', value: { policy, hours } };
  const message = `The duration is a number of whole hours, PT1H to PT${MAX_DEFER_HOURS}H.`;
  return { kind: 'BAD', errors: [invalid(['unknownWhileDown', 'duration'], message, 'OUT_OF_RANGE')] };
}

function checkDrainPerMinute(value: number | null): Checked<number | null> {
  if (value === null || (Number.isInteger(value) && value >= 1 && value <= MAX_DRAIN_PER_MINUTE)) {
    return { kind: 'OK', value };
  }
  const message = `The cap is a whole number from 1 to ${MAX_DRAIN_PER_MINUTE} messages a minute; null for none.`;
  return { kind: 'BAD', errors: [invalid(['drainPerMinute'], message, 'OUT_OF_RANGE')] };
}

function checkEtrnClients(value: readonly string[] | null): Checked<readonly string[]> {
  const errors: UserError[] = [];
  const networks = checkNetworks(value ?? [], { field: 'etrnClients', limit: MAX_ETRN_CLIENTS }, errors);
  return errors.length === 0 ? { kind: 'OK', value: networks } : { kind: 'BAD', errors };
}
