/** The event loop's turns as they are when the module is loaded: a host's tests may fake the global functions later. */
export const afterLoopTurn = setImmediate
export const forgetLoopTurn = clearImmediate
