import { STATUS_CODES } from 'node:http'
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common'
import { Catch, HttpStatus, Inject, Logger, Optional } from '@nestjs/common'
import { SourcedError } from '../index.js'

/** Statuses of error codes, instead of those that the filter has. */
export type StatusesByCode = Readonly<Record<string, number>>

const STATUSES: StatusesByCode = {
  CONCURRENT_WRITE: HttpStatus.CONFLICT,
  READ_MODEL_CONFLICT: HttpStatus.CONFLICT,
  DUPLICATE_MESSAGE: HttpStatus.CONFLICT,
  DUPLICATE_OUTBOX_MESSAGE: HttpStatus.CONFLICT,
  INVALID_STREAM_IDENTITY: HttpStatus.BAD_REQUEST,
  INVALID_PAYLOAD: HttpStatus.BAD_REQUEST,
  AGGREGATE_NOT_FOUND: HttpStatus.NOT_FOUND,
  READ_MODEL_NOT_FOUND: HttpStatus.NOT_FOUND,
}

/** What a client is told. Errors of the database quote it, so their own messages stay in the log. */
const MESSAGES: Readonly<Record<number, string>> = {
  [HttpStatus.CONFLICT]:
    'Somebody else changed this, or did the same, at the same moment. Read it again and repeat.',
  [HttpStatus.NOT_FOUND]: 'There is no such thing.',
  [HttpStatus.SERVICE_UNAVAILABLE]: 'This cannot be done at the moment. Try again.',
}

/** Errors whose messages are about what the client sent, and never quote it. */
const ABOUT_INPUT: readonly string[] = ['INVALID_STREAM_IDENTITY', 'INVALID_PAYLOAD']

const RETRY_AFTER_SECONDS = 1
const STATUSES_TOKEN = Symbol('StatusesByCode')

/**
 * Answers HTTP requests that failed with an error of the store: 409 for a conflict, 400 for input that cannot be stored, 404
 * for an aggregate or a row that is missing, 503 with `Retry-After` for what may succeed a moment later, 500 for all else. The body names the
 * error's `code`; it never contains SQL, nor a payload. What is a 5xx is logged with its cause.
 *
 * @example
 * providers: [{ provide: APP_FILTER, useClass: SourcedExceptionFilter }]
 */
@Catch(SourcedError)
export class SourcedExceptionFilter implements ExceptionFilter<SourcedError> {
  private readonly logger = new Logger(SourcedExceptionFilter.name)

  /** `statuses`: other statuses for error codes, such as `{ INVALID_ARGUMENT: 400 }`. */
  constructor(@Optional() @Inject(STATUSES_TOKEN) private readonly statuses: StatusesByCode = {}) {}

  catch(error: SourcedError, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error
    const response = host.switchToHttp().getResponse<Response>()
    const status = this.statusOf(error)
    if (status >= 500) this.logger.error(error.message, error.stack)
    if (response.headersSent === true || response.sent === true) return
    if (status === 503) response.header('Retry-After', String(RETRY_AFTER_SECONDS))
    response.status(status).send({
      statusCode: status,
      error: STATUS_CODES[status] ?? 'Error',
      code: error.code,
      message: messageOf(error, status),
    })
  }

  private statusOf({ code, retryable }: SourcedError): number {
    const otherwise = retryable ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.INTERNAL_SERVER_ERROR
    return this.statuses[code] ?? STATUSES[code] ?? otherwise
  }
}

/** What the responses of Express and of Fastify have in common. */
interface Response {
  readonly headersSent?: boolean
  readonly sent?: boolean
  header(name: string, value: string): unknown
  status(status: number): { send(body: object): unknown }
}

function messageOf({ code, message }: SourcedError, status: number): string {
  if (ABOUT_INPUT.includes(code)) return message
  return MESSAGES[status] ?? 'This could not be done.'
}
