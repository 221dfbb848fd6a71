import { BadRequestException } from '@nestjs/common'
import type { PipeTransform } from '@nestjs/common'
import { ApiProperty } from '@nestjs/swagger'

export class OpenAccount {
  @ApiProperty({ type: String, example: 'Ann', maxLength: 100 })
  owner!: string
}

export class MoveMoney {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1_000_000, example: 100 })
  amount!: number
}

export class TransferMoney extends MoveMoney {
  @ApiProperty({ type: String, description: 'The account that gives.' })
  from!: string

  @ApiProperty({ type: String, description: 'The account that takes.' })
  to!: string
}

type Check = (value: unknown) => string | undefined

const name: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 100
    ? undefined
    : 'has to be a text of 1 to 100 characters'

const amount: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1_000_000
    ? undefined
    : 'has to be a whole number from 1 to 1000000'

/** Refuses bodies that are not what the API says, with what is wrong. */
export class BodyPipe implements PipeTransform<unknown, object> {
  constructor(private readonly checks: Readonly<Record<string, Check>>) {}

  transform(body: unknown): object {
    const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
    const problems = Object.entries(this.checks).flatMap(([property, check]) => {
      const problem = check(given[property])
      return problem === undefined ? [] : [`${property} ${problem}`]
    })
    if (problems.length > 0) throw new BadRequestException(problems)
    return Object.fromEntries(Object.keys(this.checks).map((property) => [property, given[property]]))
  }
}

export const openAccount = new BodyPipe({ owner: name })
export const moveMoney = new BodyPipe({ amount })
export const transferMoney = new BodyPipe({ from: name, to: name, amount })
