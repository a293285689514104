/**
 * The checks of the doctor where people read of them: the enum `DoctorCode` of schema.graphql, and the table of docs/doctor.md.
 */
import { CHECKS } from '../src/doctor/checks.ts';

/** The schema with the enum as the checks have it. */
export function withDoctorCodes(schema: string): string {
  const values = CHECKS.map(({ code, meaning }) => `  """\n${wrapped(meaning)}\n  """\n  ${code}\n`);
  return filled(schema, /(^enum DoctorCode \{\n)[^}]*(?=^\})/m, values);
}

/** The page for postmasters with the table as the checks have it. */
export function withDoctorTable(page: string): string {
  const rows = CHECKS.map(({ code, meaning, advice }) => `| \`${code}\` | ${meaning} | ${advice} |\n`);
  return filled(page, /(^\| code \| .*\n\|[-|]+\n)(?:\|.*\n)+/m, rows);
}

/** Lines of at most 100 columns, as npm run prose wants them, indented by two. */
function wrapped(text: string): string {
  return text.replaceAll(/(.{1,98})(?: |$)/g, '  $1\n').trimEnd();
}

function filled(text: string, place: RegExp, lines: readonly string[]): string {
  if (!place.test(text)) throw new Error(`no place for the checks of the doctor: ${place.source}`);
  return text.replace(place, (_, head: string) => head + lines.join(''));
}
