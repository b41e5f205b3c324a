/**
 * Credentials as Lambda gives them to a function: in the environment, for as long as it lives. In bundles this stands for
 * `@aws-sdk/credential-provider-node`, which knows a dozen ways that there are not in a function, and is a fifth of the code.
 */

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
      throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set')
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    }
  }
}
