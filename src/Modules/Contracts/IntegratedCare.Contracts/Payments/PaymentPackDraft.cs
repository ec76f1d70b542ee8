using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// The terms and inputs of a payment, to be computed. The pack of a stored payment gives exactly its bytes; a pack written by hand
/// may leave out members that its preset has.
/// </summary>
/// <param name="Schema"><c>integrated-care/payment-pack/1</c>; may be left out where only payments are accepted.</param>
/// <param name="PaymentTerms">As on the statement; left out for terms that belong to no agreement.</param>
/// <param name="Terms">In full, or what differs from their <c>preset</c>.</param>
internal sealed record PaymentPackDraft(
    string? Schema = null, StatementPaymentTerms? PaymentTerms = null, PaymentDraft? Terms = null, string? Period = null, PaymentInputs? Inputs = null)
{
    public const string SchemaName = "integrated-care/payment-pack/1";

    /// <summary>The pack in full, or a refusal with every fault of its terms or inputs.</summary>
    public PaymentPack Complete()
    {
        var faults = new Faults("");
        if (Schema is not (null or SchemaName))
            faults.Add("schema", $"{SchemaName}, or left out.");
        var period = Shared.Calendar.Period.Parse(Period);
        if (period is null)
            faults.Add("period", Shared.Calendar.Period.Shapes);
        if (Terms is null)
            faults.Add("terms", "Missing.");
        if (PaymentTerms is not null)
            faults.Title("paymentTerms/title", PaymentTerms.Title);
        faults.ThrowIfAny(Problems.InvalidRequest);

        var terms = PaymentRules.Complete(Terms!, null);
        return new PaymentPack(PaymentTerms, terms, period!.Label, PaymentInputRules.Check(terms, period, Inputs));
    }
}

/// <summary>The pack that a payment statement was made from, in full.</summary>
internal sealed record PaymentPackDocument(string Schema, StatementPaymentTerms? PaymentTerms, PaymentTerms Terms, string Period, PaymentInputs Inputs)
{
    public static PaymentPackDocument Of(PaymentStatement statement) =>
        new(PaymentPackDraft.SchemaName, statement.PaymentTerms, statement.Terms, statement.Period, statement.Inputs);
}
