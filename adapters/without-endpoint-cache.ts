/**
 * In bundles this stands for `@aws-sdk/endpoint-cache`, where the DynamoDB client would keep the endpoints that it
 * discovered. It discovers none unless it is told to, and makes the cache all the same.
 */

export class EndpointCache {
  get = refuse
  set = refuse
  has = refuse
}

function refuse(): never {
  throw new Error('this bundle was made without endpoint discovery')
}
