"""The firms of a city along the chains of industry, as the criterion of chains asks for them."""

from collections.abc import Iterable
from dataclasses import dataclass

from platforms.industries.chain_map import ChainMap
from platforms.industries.chain_proximity import chain_proximity
from platforms.industries.codes import IndustryTable


@dataclass(frozen=True)
class ChainReach:
    """The chains of a city with the classification they speak of.

    Attributes
    ----------
    chains
        Which links stand on which platform.
    industries
        Sections and divisions.
    """

    chains: ChainMap
    industries: IndustryTable

    def nearness(
        self, industry_code: str | None, platform_ids: Iterable[str]
    ) -> dict[str | None, float]:
        """Say how near each platform is to an industry.

        Parameters
        ----------
        industry_code
            Industry of the project, None where not stated.
        platform_ids
            The platforms; land in none of them (None) is asked too.

        Returns
        -------
        dict of str or None to float
            0–1 by platform; those of which it can't be told are left out.
        """
        found = {}
        for platform_id in (*platform_ids, None):
            value, _ = chain_proximity(industry_code, platform_id, self.chains, self.industries)
            if value is not None:
                found[platform_id] = value
        return found
