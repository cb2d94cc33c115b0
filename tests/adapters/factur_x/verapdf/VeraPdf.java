import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Arguments: a flavour (3b, ua1), then files. Prints each broken rule once a file; exit code 1 when there is one. */
public class VeraPdf {
    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.fromString(arguments[0]);
        boolean sound = true;
        for (int index = 1; index < arguments.length; index++) {
            try (FileInputStream file = new FileInputStream(arguments[index]);
                    PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
                    PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                ValidationResult result = validator.validate(parser);
                sound &= result.isCompliant();
                java.util.Set<String> seen = new java.util.LinkedHashSet<>();
                for (TestAssertion assertion : result.getTestAssertions())
                    if (assertion.getStatus() == TestAssertion.Status.FAILED)
                        seen.add(assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber() + " "
                            + assertion.getMessage() + " at " + assertion.getLocation().getContext());
                System.out.println(arguments[index] + " " + flavour.getId() + " " + (result.isCompliant() ? "PASS" : "FAIL")
                    + " " + result.getTotalAssertions());
                seen.stream().limit(12).forEach(line -> System.out.println("  " + line));
            }
        }
        System.exit(sound ? 0 : 1);
    }
}
