/**
 * Scales and shapes of the pictures: the one door of d3-scale and d3-shape.
 *
 * Across, a place is a share of the width in percent, so that a picture fits any width and its texts keep their size. An area is
 * drawn in a box of 1,000 by 1,000 that is stretched over its place.
 */
import { scaleLinear, scaleSqrt, scaleUtc } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { zoneOffsetMs } from '../words/time.ts';

const DAY_MS = 86_400_000;
/** An axis that spans more has days at its ticks, without their weekday. */
const LONG_MS = 3 * DAY_MS;

export interface Tick {
  /** In percent. */
  readonly x: number;
  readonly text: string;
}

export interface TimeAxis {
  /** The place of an instant, in percent; one that is outside lies at the edge. */
  readonly x: (at: Date | number) => number;
  /** About so many, at round times of the zone. */
  readonly ticks: (count: number) => readonly Tick[];
}

/** @param left and right in percent */
export function timeAxis(
  [from, to]: readonly [Date, Date],
  [left, right]: readonly [number, number],
  timeZone: string,
): TimeAxis {
  // Ticks are round in the clocks of whoever looks.
  const offsetMs = zoneOffsetMs(from, timeZone);
  const shifted = (at: Date | number): number => Number(at) + offsetMs;
  const scale = scaleUtc([shifted(from), shifted(to)], [left, right]).clamp(true);
  const isLong = to.getTime() - from.getTime() > LONG_MS;
  return {
    x: (at) => rounded(scale(shifted(at))),
    ticks: (count) => scale.ticks(count).map((at) => ({ x: rounded(scale(at)), text: tickText(at, isLong) })),
  };
}

/** Whether a tick goes where there is little room: every second one, and those beside the line of now. */
export function isMinorTick(number: number, x: number, nowX: number): boolean {
  return number % 2 === 1 || Math.abs(x - nowX) < 10;
}

function tickText(at: Date, isLong: boolean): string {
  if (at.getUTCHours() !== 0 || at.getUTCMinutes() !== 0) return at.toISOString().slice(11, 16);
  const format: Intl.DateTimeFormatOptions = isLong ? { day: 'numeric', month: 'short' } : { weekday: 'short' };
  return new Intl.DateTimeFormat('en-GB', { ...format, timeZone: 'UTC' }).format(at);
}

export interface CountAxis {
  /** From the top, in the unit of `height`. */
  readonly y: (count: number) => number;
  /** About three whole numbers above zero. */
  readonly ticks: readonly number[];
}

/** From zero at the bottom to the next round number above `most` at the top. */
export function countAxis(most: number, height: number): CountAxis {
  const scale = scaleLinear([0, Math.max(1, most)], [height, 0]).nice(3);
  const ticks = scale.ticks(3).filter((count) => count > 0 && Number.isInteger(count));
  return { y: (count) => rounded(scale(count)), ticks };
}

/** The height of a count among others: its root, so that one held message is seen beside ten thousand. */
export function rootHeight(most: number, height: number): (count: number) => number {
  const scale = scaleSqrt([0, Math.max(1, most)], [0, height]);
  return (count) => (count === 0 ? 0 : Math.max(1.5, rounded(scale(count))));
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The outline of what is under these points, down to `bottom`. */
export function areaPath(points: readonly Point[], bottom: number): string {
  const shape = area<Point>()
    .x(({ x }) => x)
    .y0(bottom)
    .y1(({ y }) => y);
  return shape([...points]) ?? '';
}

/** The line through these points; with `isStep` a value holds until the next. */
export function linePath(points: readonly Point[], isStep = false): string {
  const shape = line<Point>()
    .x(({ x }) => x)
    .y(({ y }) => y);
  return (isStep ? shape.curve(curveStepAfter) : shape)([...points]) ?? '';
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
