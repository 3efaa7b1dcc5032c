"""A mail when the account's costs of a month are, or will be, above a limit."""

from aws_cdk import aws_budgets as budgets
from constructs import Construct


class MonthlyBudget(Construct):
    """`dollars`: of the whole account; a budget of one environment would need its tag activated.

    AWS Budgets sends the mails itself. CloudFormation gives it a name, because it replaces a budget
    whose address changes.
    """

    def __init__(self, scope: Construct, id: str, *, dollars: int, email: str) -> None:
        super().__init__(scope, id)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=dollars, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=100,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(
                            address=email, subscription_type="EMAIL"
                        )
                    ],
                )
                for kind in ("ACTUAL", "FORECASTED")
            ],
        )
