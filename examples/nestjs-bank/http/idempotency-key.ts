import { applyDecorators, BadRequestException, createParamDecorator } from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import { ApiHeader, ApiResponse } from '@nestjs/swagger'

const HEADER = 'Idempotency-Key'

/** The request's idempotency key, if it has one. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>()
  const key = request.headers[HEADER.toLowerCase()]
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key)) return key
  throw new BadRequestException([`${HEADER} has to be 1 to 128 printable characters without spaces`])
})

/** Describes what every request that changes something has in common. */
export const ApiCommand = (): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ApiHeader({
      name: HEADER,
      required: false,
      description:
        'A request that is sent again with the same key gets the same answer, and is applied once.',
    }),
    ApiResponse({ status: 400, description: 'The request is not what it has to be.' }),
    ApiResponse({ status: 404, description: 'There is no such account.' }),
    ApiResponse({ status: 409, description: 'Others changed the account all the time. Try again.' }),
    ApiResponse({ status: 422, description: 'Refused: an overdraft, or a key used for another request.' }),
    ApiResponse({ status: 503, description: 'Not now. Try again.' }),
  )
