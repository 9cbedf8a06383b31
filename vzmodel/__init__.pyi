from . import (
    assumptions as assumptions,
    balance as balance,
    calendar as calendar,
    charts as charts,
    claims as claims,
    cli as cli,
    counterfactual as counterfactual,
    data as data,
    drivers as drivers,
    evaluation as evaluation,
    explorer as explorer,
    forecasting as forecasting,
    measurement as measurement,
    model as model,
    outages as outages,
    prices as prices,
    production as production,
    remittances as remittances,
    reporting as reporting,
    revenue as revenue,
    scenarios as scenarios,
    scoring as scoring,
    streams as streams,
    summary as summary,
)
from .assumptions import Assumptions as Assumptions
from .assumptions import estimate as estimate
from .assumptions import load_assumptions as load_assumptions
from .claims import coverage as coverage
from .claims import recovery as recovery
from .counterfactual import causes as causes
from .data import load_history as load_history
from .data import load_tables as load_tables
from .evaluation import backtest as backtest
from .evaluation import no_change as no_change
from .evaluation import score_published as score_published
from .explorer import explore as explore
from .model import hindcast as hindcast
from .model import project as project
from .reporting import report as report
from .scenarios import load_scenarios as load_scenarios
from .scenarios import Scenario as Scenario
from .drivers import bridge as bridge
from .summary import compare as compare
from .drivers import discover as discover
from .summary import mixture as mixture
from .summary import quantiles as quantiles
from .drivers import sensitivity as sensitivity
from .summary import to_iamc as to_iamc

__version__: str
