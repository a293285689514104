/**
 * Ephemeral resources (Terraform 1.10): opened in each plan and each apply, closed at its end, kept nowhere. Older ones of Terraform never ask
 * for them.
 *
 * What cannot be closed is a warning and no more: all else is done by then.
 */
import { Buffer } from 'node:buffer';
import type { UserError } from '../../api/requests.ts';
import type { Message } from '../goplugin/wire.ts';
import { answer, type Diagnostic, failure, refusals } from './diagnostic.ts';
import { decodeState, encodeState } from './dynamic-value.ts';
import { checkConfig } from './plan.ts';
import { deferral, type Handler, known, ready, type Request } from './request.ts';
import type { Closing, EphemeralResource } from './resource.ts';
import type { State } from './value.ts';

type Method =
  | 'ValidateEphemeralResourceConfig'
  | 'OpenEphemeralResource'
  | 'RenewEphemeralResource'
  | 'CloseEphemeralResource';

/** `configured`: null until the provider block is known. */
export function ephemeralHandlers<Api>(
  definitions: Readonly<Record<string, EphemeralResource<Api>>>,
  configured: () => Api | null,
): Record<Method, Handler> {
  const definitionOf = ({ type_name: name }: Request) => known(definitions[name], name);
  return {
    ValidateEphemeralResourceConfig: (request) => {
      const { attributes } = definitionOf(request);
      return answer(checkConfig(attributes, decodeState(attributes, request.config) ?? {}));
    },
    OpenEphemeralResource: (request) => open(definitionOf(request), configured(), request),
    // None says when it is to be renewed, so none is ever asked for.
    RenewEphemeralResource: () => ({}),
    CloseEphemeralResource: async (request) => {
      const { title, closing } = definitionOf(request);
      if (closing === undefined) return {};
      const held = JSON.parse(Buffer.from(request.private).toString()) as State;
      return answer(await close(closing, ready(configured()), held, title(held)));
    },
  };
}

async function open<Api>(ephemeral: EphemeralResource<Api>, api: Api | null, request: Request): Promise<Message> {
  const { attributes } = ephemeral;
  const deferred = deferral(api, request);
  if (deferred.deferred !== undefined) return deferred;
  const said = decodeState(attributes, request.config) ?? {};
  const config = Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, said[name] ?? attribute.default ?? null]),
  );
  // What was not known when the configuration was checked is known now.
  const wrong = checkConfig(attributes, config);
  if (wrong.length > 0) return answer(wrong);
  const opened = await ephemeral.open(ready(api), config);
  if (opened.kind === 'REFUSED') {
    return answer(refusals(opened.errors, `${ephemeral.title(config)} cannot be made`, { attributes, state: config }));
  }
  const values = Object.keys(attributes).map((name) => [name, config[name] ?? opened.values[name] ?? null]);
  return {
    result: encodeState(attributes, Object.fromEntries(values)),
    private: Buffer.from(JSON.stringify(opened.held)),
  };
}

async function close<Api>(
  { close: does, leftOpen }: Closing<Api>,
  api: Api,
  held: State,
  title: string,
): Promise<readonly Diagnostic[]> {
  const summary = `${title} cannot be closed`;
  const diagnostics = await does(api, held).then(
    (errors: readonly UserError[]) =>
      refusals(
        errors.filter(({ code }) => code !== 'NOT_FOUND'),
        summary,
      ),
    (error: unknown) => [failure(summary, error)],
  );
  return diagnostics.map((each) => ({ ...each, severity: 'WARNING', detail: `${each.detail} ${leftOpen}` }));
}
