/** Works for a store in the background, from the application's start until it is closed. */
export interface StoreWorker {
  start(): void
  /** Begins nothing more and waits for what has begun; never rejects. */
  stop(): Promise<void>
}
