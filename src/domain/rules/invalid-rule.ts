/** A rule that cannot be enforced. `message` is a clause that begins with the name of the rule. */
export class InvalidRule extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidRule';
  }
}
