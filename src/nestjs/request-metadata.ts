import { randomUUID } from 'node:crypto'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { Inject, Injectable, Optional } from '@nestjs/common'
import { Observable } from 'rxjs'
import { withMetadata } from '../index.js'
import type { Metadata } from '../index.js'

/** Says what the events that a request causes carry, such as who made it. */
export type MetadataOfRequest = (context: ExecutionContext) => Metadata

const METADATA_OF_REQUEST = Symbol('MetadataOfRequest')

/**
 * Gives every event and outbox message of a request a `correlationId`, and what your function says. The id is that of the
 * header `x-correlation-id` or `x-request-id`, or a new UUID.
 *
 * @example
 * providers: [{
 *   provide: APP_INTERCEPTOR,
 *   useValue: new RequestMetadataInterceptor((context) => ({ user: context.switchToHttp().getRequest().user.id })),
 * }]
 */
@Injectable()
export class RequestMetadataInterceptor implements NestInterceptor {
  constructor(
    @Optional() @Inject(METADATA_OF_REQUEST) private readonly metadataOf: MetadataOfRequest = () => ({}),
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const metadata = { correlationId: correlationIdOf(context), ...this.metadataOf(context) }
    return new Observable((subscriber) => withMetadata(metadata, () => next.handle().subscribe(subscriber)))
  }
}

const HEADERS = ['x-correlation-id', 'x-request-id'] as const

/** Anybody may send a header: it is metadata, so it is short and printable, or it is not taken. */
const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/

function correlationIdOf(context: ExecutionContext): string {
  if (context.getType() !== 'http') return randomUUID()
  const request = context.switchToHttp().getRequest<{ headers?: Readonly<Record<string, unknown>> }>()
  for (const header of HEADERS) {
    const value = request.headers?.[header]
    if (typeof value === 'string' && ACCEPTABLE.test(value)) return value
  }
  return randomUUID()
}
