/** A command that makes no sense as things stand. Nothing was recorded. */
export class Problem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Problem'
  }
}
