"""The river network 河网: addressing by chainage, navigation, sums over the topology."""
