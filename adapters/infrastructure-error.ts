/** The one error by which AWS adapters say that what they stand on is unwell: nothing is wrong with the record, try again. */
export class InfrastructureError extends Error {}
