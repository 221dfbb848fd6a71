export type Colour = 'grey' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan'

/** Gives a text a colour, or leaves it as it is. */
export type Paint = (text: string, colour: Colour) => string

const CODES: Readonly<Record<Colour, number>> = {
  grey: 90,
  red: 91,
  green: 92,
  yellow: 33,
  blue: 94,
  magenta: 95,
  cyan: 96,
}

export const inColour: Paint = (text, colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m`

export const plain: Paint = (text) => text
