namespace IntegratedCare.Population.Tests;

public class NhsNumberTests
{
    /// <summary>Constructed from the modulus 11 rule of the NHS Data Dictionary; the last ones are refused for other reasons.</summary>
    [Theory]
    [InlineData("9434765919", true)]
    [InlineData("9434765870", true)]
    [InlineData("4010232137", true)]
    [InlineData("1234567881", true)]
    [InlineData("9876543210", true)]
    [InlineData("9449304130", true)]
    [InlineData("4857773456", false)]
    [InlineData("9434765918", false)]
    [InlineData("1234567890", false)]
    [InlineData("4010232138", false)]
    [InlineData("0000000000", false)]
    [InlineData("1111111111", false)]
    [InlineData("999999999", false)]
    [InlineData("943476591X", false)]
    [InlineData("", false)]
    [InlineData("943 476 5919", false)]
    public void A_number_is_valid_when_its_check_digit_holds(string text, bool valid) => NhsNumber.IsValid(text).ShouldBe(valid);

    [Fact]
    public void Every_single_digit_slip_is_noticed()
    {
        foreach (var good in (string[])["9434765919", "4010232137", "9449304130"])
        {
            for (var at = 0; at < 10; at++)
            {
                for (var digit = '0'; digit <= '9'; digit++)
                {
                    if (digit != good[at])
                        NhsNumber.IsValid(good[..at] + digit + good[(at + 1)..]).ShouldBeFalse();
                }
            }
        }
    }
}
