/** A class whose instances are events. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a constructor of any signature
export type EventClass<E extends object = object> = abstract new (...parameters: any[]) => E
